"""The key-encryption key of this installation's own secrets (``ENCRYPTION_KEY``)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.core.crypto import KEY_BYTES, NONCE_BYTES
from apps.keys.providers.base import Lost


class LocalKeyring:
    """Wraps by AES-256-GCM, under a key derived from the one secret by HKDF-SHA256 (RFC 5869)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("the key-encryption key must have 32 bytes")
        self._secret = secret
        self._cipher = AESGCM(self._derived("resimate|wrapping"))
        self.name = f"local:{self._derived('resimate|name')[:4].hex()}"

    def wrap(self, secret: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, place.encode())

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise Lost("ENCRYPTION_KEY does not unwrap it: it is another key than the one that wrapped it") from error

    def ask(self) -> str:
        return "ENCRYPTION_KEY"

    def version_0(self, schema: str, purpose: str) -> bytes:
        """The data key of before data keys were stored."""
        return self._derived(f"resimate|{purpose}|{schema}")

    def _derived(self, info: str) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info.encode()).derive(self._secret)
