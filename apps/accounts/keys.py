"""The text of an API key: ``rsk_live_<id>_<secret>_<checksum>``.

The fixed beginning lets secret scanners find leaked keys; the checksum spots a mistyped one without a query.
"""

import secrets
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BEGINNING = "rsk_live_"
SECRET_LENGTH = 43  # 32 bytes in base 62


def make() -> tuple[str, str]:
    """A new key: its id, by which it is found, and its whole text, to be shown once."""
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(8))
    body = f"{BEGINNING}{prefix}_{_base62(int.from_bytes(secrets.token_bytes(32)))}"
    return prefix, f"{body}_{_checksum(body)}"


def prefix_of(text: str) -> str | None:
    """The id of a well-formed key; None for any other text."""
    body, _, checksum = text.rpartition("_")
    prefix, _, secret = body.removeprefix(BEGINNING).partition("_")
    well_formed = (
        body.startswith(BEGINNING)
        and text.isascii()
        and len(prefix) == 8
        and len(secret) == SECRET_LENGTH
        and checksum == _checksum(body)
    )
    return prefix if well_formed else None


def _base62(number: int) -> str:
    """
    >>> _base62(61).lstrip("0"), len(_base62(2**256 - 1))
    ('z', 43)
    """
    digits = []
    for _ in range(SECRET_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
