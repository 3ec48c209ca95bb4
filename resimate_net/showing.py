"""Why the certificate of a server is not believed, in OpenSSL's words: libraries that connect do not always say."""

import socket
import ssl
from typing import Final

from resimate_net.trust import NoCertificates, trusting

#: How PostgreSQL is asked for TLS, and what it says when it will.
POSTGRES_ASKED: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
POSTGRES_WILL: Final = b"S"
LOOKS_FOR: Final = 5.0


def flaw_at_postgres(address: str, port: int, *, name: str, file: str) -> str:
    """What is wrong with the certificate that a PostgreSQL shows; empty where nothing is, or nothing can be found out.

    ``name`` is whose it has to be, ``file`` has the certificates of who may say so; the system's without one.
    """
    try:
        context = trusting(file=file)
        with socket.create_connection((address, port), timeout=LOOKS_FOR) as line:
            line.sendall(POSTGRES_ASKED)
            if line.recv(1) == POSTGRES_WILL:
                context.wrap_socket(line, server_hostname=name).close()
    except ssl.SSLCertVerificationError as error:
        return str(error.verify_message)
    except (OSError, NoCertificates):
        return ""
    return ""
