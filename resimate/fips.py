"""What can be said of FIPS 140-3 from inside: which modules do the cryptography, in which mode, and whether right.

A mode is no validation: that is of a certain build of a module on a certain platform, and its papers say which. This
looks at what a program can look at. Answers that are known before are those of NIST's Cryptographic Algorithm
Validation Program (CAVP), or of the RFC where NIST has published none; each is asked of the very function that the
product calls.
"""

import _hashlib
import hashlib
import hmac
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from psycopg import pq

from apps.keys import offline

#: The hasher of passwords whose algorithm is approved (SP 800-132).
APPROVED_HASHER: Final = "apps.accounts.hashers.Pbkdf2Hasher"


@dataclass(frozen=True, slots=True)
class Module:
    """What does a part of the cryptography; ``in_fips_mode`` is None where it cannot be asked."""

    name: str
    version: str
    does: str
    in_fips_mode: bool | None


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An algorithm of the product, what it is for, and what takes its place in FIPS mode if it is not approved."""

    name: str
    use: str
    approved: bool
    note: str


@dataclass(frozen=True, slots=True)
class Known:
    """A question whose answer is known, and where that was published."""

    name: str
    source: str
    is_right: Callable[[], bool]


def modules() -> list[Module]:
    own_libpq = pq.__impl__ == "binary"
    return [
        Module("cryptography", backend.openssl_version_text(), "fields, keys, recovery", openssl.is_fips_enabled()),
        Module("python", ssl.OPENSSL_VERSION, "digests, signatures of links, TLS to others", _python_in_fips_mode()),
        Module(
            "libpq",
            "an OpenSSL of its own" if own_libpq else "the system's OpenSSL",
            "TLS to PostgreSQL",
            False if own_libpq else None,
        ),
    ]


def _python_in_fips_mode() -> bool:
    return bool(_hashlib.get_fips_mode())


def algorithms() -> list[Algorithm]:
    of_before = "verifies what was hashed before, until the person signs in" if _hashes_approved() else ""
    return [
        Algorithm("AES-256-GCM", "fields, files, data keys", True, "SP 800-38D; random nonces of 96 bits"),
        Algorithm("HMAC-SHA-256", "blind indexes, signatures of links and sessions", True, "FIPS 198-1"),
        Algorithm("SHA-256", "digests of tokens, the trail", True, "FIPS 180-4"),
        Algorithm("HKDF-SHA-256", "the local key-encryption key", True, "SP 800-56C rev. 2"),
        Algorithm("RSA-OAEP, 3072 bits, SHA-256", "copies for recovery", True, "SP 800-56B rev. 2"),
        Algorithm("PBKDF2-HMAC-SHA-256", "passwords, in FIPS mode", True, "SP 800-132; 600,000 times"),
        Algorithm("Argon2id", "passwords", False, of_before or "PBKDF2-HMAC-SHA-256 with RESIMATE_FIPS=required"),
        Algorithm("Shamir's scheme", "shares of the recovery key", False, "no standard; used offline, by people"),
    ]


def _hashes_approved() -> bool:
    return bool(settings.PASSWORD_HASHERS[0] == APPROVED_HASHER)


def _aes_gcm() -> bool:
    cipher = AESGCM(bytes.fromhex("5853c020946b35f2c58ec427152b840420c40029636adcbb027471378cfdde0f"))
    nonce = bytes.fromhex("eec313dd07cc1b3e6b068a47")
    plain = bytes.fromhex("ce7458e56aef9061cb0c42ec2315565e6168f5a6249ffd31610b6d17ab64935e")
    bound = bytes.fromhex("1389b522c24a774181700553f0246bbabdd38d6f")
    sealed = bytes.fromhex(
        "eadc3b8766a77ded1a58cb727eca2a9790496c298654cda78febf0da16b6903b3d49a5b32fde7eafcce90079217ffb57"
    )
    return cipher.encrypt(nonce, plain, bound) == sealed and cipher.decrypt(nonce, sealed, bound) == plain


def _sha_256() -> bool:
    digest = hashlib.sha256(bytes.fromhex("b4190e")).hexdigest()
    return digest == "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"


def _hmac() -> bool:
    digest = hmac.digest(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First", "sha256")
    return digest.hex() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"


def _hkdf() -> bool:
    salt, info = bytes(range(13)), bytes(range(0xF0, 0xFA))
    derived = HKDF(hashes.SHA256(), length=42, salt=salt, info=info).derive(b"\x0b" * 22)
    return derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"


def _pbkdf2() -> bool:
    """With a salt as long as SP 800-132 wants it: a module in FIPS mode refuses shorter ones."""
    derived = hashlib.pbkdf2_hmac("sha256", b"passwordPASSWORDpassword", b"saltSALT" * 4 + b"salt", 4096, 40)
    return derived.hex() == "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1c635518c7dac47e9"


def _ecdsa() -> bool:
    key = ec.EllipticCurvePublicNumbers(
        0xE424DC61D4BB3CB7EF4344A7F8957A0C5134E16F7A67C074F82E6E12F49ABF3C,
        0x970EED7AA2BC48651545949DE1DDDAF0127E5965AC85D1243D6F60E7DFAEE927,
        ec.SECP256R1(),
    ).public_key()
    signed = bytes.fromhex(
        "e1130af6a38ccb412a9c8d13e15dbfc9e69a16385af3c3f1e5da954fd5e7c45fd75e2b8c36699228e92840c0562fbf3772f07e17f1add565"
        "88dd45f7450e1217ad239922dd9c32695dc71ff2424ca0dec1321aa47064a044b7fe3c2b97d03ce470a592304c5ef21eed9f93da56bb232d"
        "1eeb0035f9bf0dfafdcc4606272b20a3"
    )
    r = 0xBF96B99AA49C705C910BE33142017C642FF540C76349B9DAB72F981FD9347F4F
    s = 0x17C55095819089C2E03B9CD415ABDF12444E323075D98F31920B9E0F57EC871C
    algorithm = ec.ECDSA(hashes.SHA256())
    key.verify(utils.encode_dss_signature(r, s), signed, algorithm)
    try:
        key.verify(utils.encode_dss_signature(r, s + 1), signed, algorithm)
    except InvalidSignature:
        return True
    return False


def _rsa_oaep() -> bool:
    """A fresh pair opens what it has sealed, in its place alone."""
    made, secret = offline.make(2, 2), os.urandom(32)
    opened, sealed = offline.join(made.shares), offline.seal(made.public, secret, "a place")
    try:
        opened.open(sealed, "another place")
    except offline.CopyDoesNotOpen:
        return opened.open(sealed, "a place") == secret
    return False


KNOWN: Final = (
    Known("AES-256-GCM", "CAVP, gcmEncryptExtIV256: 256 bits of text, 160 of data, count 0", _aes_gcm),
    Known("SHA-256", "CAVP, SHA256ShortMsg: 24 bits", _sha_256),
    Known("HMAC-SHA-256", "RFC 4231, case 6", _hmac),
    Known("HKDF-SHA-256", "RFC 5869, A.1", _hkdf),
    Known("PBKDF2-HMAC-SHA-256", "RFC 6070, case 5, with SHA-256, as modules test themselves", _pbkdf2),
    Known("ECDSA P-256, SHA-256 (in TLS)", "CAVP, FIPS 186-3 SigVer", _ecdsa),
    Known("RSA-OAEP, 3072 bits, SHA-256", "no published answer: a fresh pair with itself (SP 800-56B)", _rsa_oaep),
)


def is_right(known: Known) -> bool:
    """One that cannot even be asked is not right: in FIPS mode modules refuse what is not approved."""
    try:
        return known.is_right()
    except Exception:  # noqa: BLE001  each library has its own errors for what its module refuses
        return False


def lacking() -> Iterator[str]:
    """What is missing for FIPS mode, a sentence each."""
    for one in modules():
        if one.in_fips_mode is False:
            yield f"{one.name} ({one.version}) is not in FIPS mode."
    if not _hashes_approved():
        yield "New passwords are hashed by Argon2id; RESIMATE_FIPS=required has them hashed by PBKDF2."
