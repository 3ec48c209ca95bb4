"""Field encryption: AES-256-GCM under a data key for each tenant, wrapped by a key-encryption key from a provider.

Ciphertext version 1 is ``0x01 | nonce (12) | ciphertext and tag``. The additional data bind it to its place
(``schema|app.model|field|pk``), so a value copied to another row, column or tenant does not decrypt.

The seam is :class:`KeyProvider`: the local keyring derives each tenant's keys from one key-encryption key by
HKDF-SHA256 (RFC 5869); a provider that wraps stored data keys takes its place without a change to the fields.
"""

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from resimate_text.identity import folded

VERSION = b"\x01"
NONCE_BYTES = 12


class Undecryptable(Exception):
    """The ciphertext is damaged, from another place, or under a key that is gone."""


class KeyProvider(Protocol):
    """Gives the 32-byte key of one purpose in one tenant's schema; ``purpose`` is ``field`` or ``index``."""

    def key(self, schema: str, purpose: str) -> bytes: ...


class LocalKeyring:
    """Keys derived from a key-encryption key in this installation's own secrets."""

    def __init__(self, master: bytes) -> None:
        if len(master) != 32:
            raise ValueError("the key-encryption key must have 32 bytes")
        self._master = master
        self._derived = lru_cache(maxsize=4096)(self._derive)

    def key(self, schema: str, purpose: str) -> bytes:
        return self._derived(schema, purpose)

    def _derive(self, schema: str, purpose: str) -> bytes:
        info = f"resimate|{purpose}|{schema}".encode()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(self._master)


@lru_cache(maxsize=1)
def keyring() -> KeyProvider:
    return LocalKeyring(settings.ENCRYPTION_KEY)


@lru_cache(maxsize=4096)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def encrypt(plain: str, *, schema: str, place: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    cipher = _cipher(keyring().key(schema, "field"))
    return VERSION + nonce + cipher.encrypt(nonce, plain.encode(), f"{schema}|{place}".encode())


def decrypt(stored: bytes, *, schema: str, place: str) -> str:
    """Raises :class:`Undecryptable` rather than ever returning something wrong."""
    if stored[:1] != VERSION:
        raise Undecryptable("unknown version of ciphertext")
    nonce, sealed = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
    cipher = _cipher(keyring().key(schema, "field"))
    try:
        return cipher.decrypt(nonce, sealed, f"{schema}|{place}".encode()).decode()
    except InvalidTag as error:
        raise Undecryptable(place) from error


def blind_index(value: str, *, schema: str, field: str) -> bytes:
    """A keyed digest by which equal values of an encrypted field can be found (16 bytes); equality is all it tells."""
    key = hmac.new(keyring().key(schema, "index"), field.encode(), hashlib.sha256).digest()
    return hmac.new(key, folded(value).encode(), hashlib.sha256).digest()[:16]


def token_digest(token: str) -> bytes:
    """SHA-256 of a high-entropy secret: enough for keys and links of 256 random bits (OWASP ASVS 6.5.2)."""
    return hashlib.sha256(token.encode()).digest()
