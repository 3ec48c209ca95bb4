"""What push services carry and cannot read: a message under a key of the browser's (RFC 8291, in the form of RFC 8188).

The key comes of two pairs on P-256, that of the browser and one made for this message, and of a secret that only
the browser and we know. So who has the address alone can neither read nor make one.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: Bytes of a public key, uncompressed, of the secret, and of a record: browsers take one (RFC 8291, 4).
POINT, SECRET, RECORD = 65, 16, 4096
SALT: Final = 16
#: The end of the last record: padding of zeros follows it.
LAST: Final = b"\x02"


def text_of(data: bytes) -> str:
    """base64url without padding, as in JSON of browsers and headers."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Raises ``ValueError``."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_at(point: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ``ValueError`` for what is no point of the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def sealed(
    body: bytes,
    point: bytes,
    secret: bytes,
    *,
    length: int = 0,
    private: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
) -> bytes:
    """The body of a request to a push service, of ``length`` bytes within, whatever is said.

    ``point`` and ``secret`` are the browser's (``p256dh``, ``auth``). ``private``, ``salt``: new for each message.
    """
    private, salt = private or ec.generate_private_key(ec.SECP256R1()), salt or secrets.token_bytes(SALT)
    ours = point_of(private.public_key())
    shared = private.exchange(ec.ECDH(), key_at(point))
    known = _derived(shared, secret, b"WebPush: info\0" + point + ours, 32)
    key = _derived(known, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(known, salt, b"Content-Encoding: nonce\0", 12)
    padded = (body + LAST).ljust(length, b"\0")
    head = salt + RECORD.to_bytes(4, "big") + bytes([POINT]) + ours
    return head + AESGCM(key).encrypt(nonce, padded, None)


def _derived(material: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, purpose).derive(material)
