"""Whose certificates are believed."""

import ssl
from functools import lru_cache


class NoCertificates(ValueError):
    """There are none that can be read; it says why, in a word."""


@lru_cache(maxsize=64)
def trusting(*, file: str = "", pem: str = "") -> ssl.SSLContext:
    """Those of the file or of the text alone, or where there is neither the system's, or what ``SSL_CERT_FILE`` names.

    To read the system's takes as long as a call, so what was read is remembered. Raises ``NoCertificates``.
    """
    import httpcore2  # what speaks HTTP takes long to import, and most processes call nobody

    try:
        if not (file or pem):
            return httpcore2.default_ssl_context()
        return ssl.create_default_context(cafile=file or None, cadata=pem or None)
    except (OSError, ValueError) as error:  # of which those of TLS are kinds
        raise NoCertificates(getattr(error, "strerror", "") or type(error).__name__) from None
