"""Field encryption: AES-256-GCM under data keys of each tenant, which have versions (docs/adr/0032).

A ciphertext is ``0x02 | version of its key (u32) | nonce (12) | ciphertext and tag``. The additional data bind it to
its place and key (``schema|app.model|field|pk|version``), so a value copied to another row, column or tenant does not
decrypt. What was written before keys had versions is ``0x01 | nonce (12) | ciphertext and tag``, under version 0.

What belongs to one person or one response is under a key of that subject, which can be destroyed alone:
``0x03 | nonce (12) | ciphertext and tag``, bound to its place in the same way. The row says which key it is.

The seam is :class:`Keyring`: an app above stores the keys, and says by :func:`use` that it does.
"""

import hashlib
import hmac
import logging
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.core.errors import Refused
from resimate_text.addresses import spellings
from resimate_text.identity import folded

logger = logging.getLogger(__name__)

FIELD: Final = "field"
INDEX: Final = "index"
SIGNING: Final = "signing"
FINGERPRINT: Final = "fingerprint"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
#: How a ciphertext begins: the version of the format, then that of the key.
UNVERSIONED: Final = b"\x01"
VERSIONED: Final = 2
SEALED: Final = b"\x03"
_HEADER: Final = struct.Struct(">BI")


class Undecryptable(Refused):
    """The ciphertext is damaged, from another place, or under a key that is gone; ``reason`` is for operators."""

    code = "undecryptable"
    title = "A stored value cannot be decrypted"

    def __init__(self, reason: str) -> None:
        super().__init__("A stored value cannot be decrypted. Please tell whoever runs this service.")
        self.reason = reason


class KeyAway(Refused):
    """The key cannot be had now, so nothing is encrypted or decrypted; ``reason`` is for operators."""

    code = "key_away"
    status = 503
    title = "The keys of this workspace cannot be reached"
    retry_after: ClassVar[int] = 5

    def __init__(self, reason: str) -> None:
        super().__init__("The keys of this workspace cannot be reached just now. Please try again shortly.")
        self.reason = reason


class Erased(Refused):
    """The key of a subject was destroyed: what was under it is gone for good."""

    code = "erased"
    status = 410
    title = "It was erased"

    def __init__(self) -> None:
        super().__init__("This was erased, and nothing can be added to it.")


class Key:
    """A data key, unwrapped. ``header`` is how its ciphertexts begin."""

    def __init__(self, version: int, secret: bytes) -> None:
        self.version, self.secret, self.header = version, secret, header_of(version)

    @cached_property
    def cipher(self) -> AESGCM:
        return AESGCM(self.secret)

    def opens(self, stored: bytes, *, schema: str, place: str) -> bool:
        """Whether a ciphertext that says to be under it is."""
        nonce, sealed = stored[len(self.header) :][:NONCE_BYTES], stored[len(self.header) + NONCE_BYTES :]
        try:
            self.cipher.decrypt(nonce, sealed, _bound(schema, place, self.version))
        except (InvalidTag, ValueError):
            return False
        return True


class Keyring(Protocol):
    """Gives the keys of one purpose in one tenant's schema; ``purpose`` is ``field``, ``index`` or ``fingerprint``."""

    def active(self, schema: str, purpose: str) -> Key:
        """The key for what is written now. Raises ``KeyAway``."""

    def version(self, schema: str, purpose: str, number: int) -> Key:
        """The key of what was written once. Raises ``KeyAway`` or ``Undecryptable``."""


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """The keys of one tenant for digests. Digests under one key have one of two columns to themselves, its slot.

    ``written``: by slot, the keys under which digests are written, both while one follows the other. ``asked``: the
    slot in which equal values are looked for. ``known``: all that there are, newest first.
    """

    written: Mapping[int, Key]
    asked: int
    known: Sequence[Key]


class WholeKeyring(Keyring, Protocol):
    """Has the keys of links and tokens as well, and all those of digests."""

    def signing(self, schema: str) -> Sequence[Key]:
        """The keys that verify what was signed; the first one signs. Raises ``KeyAway``."""

    def indexing(self, schema: str) -> IndexKeys:
        """Raises ``KeyAway`` as well where only one of those that are written cannot be had: its column stays whole."""


_keyrings: list[WholeKeyring] = []


def use(keyring: WholeKeyring) -> None:
    """Encrypt and decrypt with the keys of this keyring from now on."""
    _keyrings[:] = [keyring]


def keyring() -> Keyring:
    return _keyrings[0]


def header_of(version: int) -> bytes:
    """How the ciphertexts under a version of a tenant's key begin."""
    return _HEADER.pack(VERSIONED, version) if version else UNVERSIONED


def encrypt(plain: str, *, schema: str, place: str, keys: Keyring | None = None) -> bytes:
    """Raises ``KeyAway``. ``keys``: another keyring than the one in use."""
    key = (keys or _keyrings[0]).active(schema, FIELD)
    nonce = os.urandom(NONCE_BYTES)
    return key.header + nonce + key.cipher.encrypt(nonce, plain.encode(), _bound(schema, place, key.version))


def decrypt(stored: bytes, *, schema: str, place: str, keys: Keyring | None = None) -> str:
    """Raises ``Undecryptable`` rather than ever returning something wrong, and ``KeyAway``."""
    try:
        version, start = _version_of(stored)
        key = (keys or _keyrings[0]).version(schema, FIELD, version)
        return _opened(key.cipher, stored, start, _bound(schema, place, version))
    except Undecryptable as refusal:
        _tell(refusal, place)
        raise


def seal(plain: str, cipher: AESGCM, *, schema: str, place: str) -> bytes:
    """Encrypt under the key of a subject."""
    nonce = os.urandom(NONCE_BYTES)
    return SEALED + nonce + cipher.encrypt(nonce, plain.encode(), _bound(schema, place, 0))


def unseal(stored: bytes, cipher: AESGCM, *, schema: str, place: str) -> str:
    """Decrypt what is under the key of a subject. Raises ``Undecryptable``."""
    try:
        if stored[:1] != SEALED:
            raise Undecryptable("it is no ciphertext under the key of a subject")
        return _opened(cipher, stored, len(SEALED), _bound(schema, place, 0))
    except Undecryptable as refusal:
        _tell(refusal, place)
        raise


def _opened(cipher: AESGCM, stored: bytes, start: int, bound: bytes) -> str:
    nonce, sealed = stored[start : start + NONCE_BYTES], stored[start + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, sealed, bound).decode()
    except (InvalidTag, ValueError) as error:  # the second: it is too short to have a nonce
        raise Undecryptable("it is damaged, or was written to another place") from error


def _version_of(stored: bytes) -> tuple[int, int]:
    """The version of the key, and where the nonce begins."""
    version, start = 0, len(UNVERSIONED)
    if stored[:1] != UNVERSIONED and len(stored) >= _HEADER.size:
        format_, version = _HEADER.unpack_from(stored)
        start = _HEADER.size if format_ == VERSIONED and version else len(stored)
    if len(stored) < start + NONCE_BYTES + TAG_BYTES:
        raise Undecryptable("it is no ciphertext of a version that is known")
    return version, start


def _bound(schema: str, place: str, version: int) -> bytes:
    return f"{schema}|{place}|{version}".encode() if version else f"{schema}|{place}".encode()


def _tell(refusal: Undecryptable, place: str) -> None:
    """For operators; which row it was says `manage.py keys verify`."""
    logger.error("a stored value cannot be decrypted: %s", refusal.reason, extra={"action": place.rpartition("|")[0]})


def blind_index(value: str, *, schema: str, field: str, keys: Keyring | None = None) -> bytes:
    """A keyed digest by which equal values can be found (16 bytes); equality is all it tells.

    It is another one once the key was replaced: what is stored to be found has a ``BlindIndexField``.
    """
    return keyed_digest(value, (keys or _keyrings[0]).active(schema, INDEX), field)


def keyed_digest(value: str, key: Key, field: str) -> bytes:
    """The same under a certain key."""
    secret = hmac.digest(key.secret, field.encode(), "sha256")
    return hmac.digest(secret, folded(value).encode(), "sha256")[:16]


def keyed_digests(value: str, key: Key, field: str) -> list[bytes]:
    """That of a value; of an address also those by which rows of before may be found that have another spelling."""
    forms = spellings(value) if field.endswith("|email") else [value]
    return [keyed_digest(one, key, field) for one in forms]


def fingerprint(digest: str, *, schema: str, keys: Keyring | None = None) -> str:
    """What is stored, and named, in place of a digest: 64 hexadecimal digits, the same for the same digest for ever.

    Against a digest whoever has a dump can try what may have been said; against this only who has the tenant's key. It
    is in capitals, which digests never are, so that one is not taken for the other. Raises ``KeyAway``.
    """
    key = (keys or _keyrings[0]).active(schema, FINGERPRINT)
    return hmac.digest(key.secret, digest.encode(), "sha256").hex().upper()


def index_keys(schema: str) -> IndexKeys:
    """Raises ``KeyAway``."""
    return _keyrings[0].indexing(schema)


def signing_secrets(schema: str) -> list[bytes]:
    """The tenant's secrets for links and tokens, to give to what signs: the first signs, each of them verifies.

    For ``django.core.signing`` they are ``key`` and ``fallback_keys``, for ``salted_hmac`` the ``secret``; what is
    signed, the salt says. Raises ``KeyAway``.
    """
    return [key.secret for key in _keyrings[0].signing(schema)]


def token_digest(token: str, *, schema: str = "") -> bytes:
    """SHA-256 of a high-entropy secret: enough for keys and links of 256 random bits (OWASP ASVS 6.5.2).

    With ``schema`` it fits there alone: in another tenant a copy of the row opens nothing.
    """
    return hashlib.sha256((f"{schema}|{token}" if schema else token).encode()).digest()
