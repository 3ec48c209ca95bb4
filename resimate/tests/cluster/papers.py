"""Keys and certificates of a control plane that lives for minutes: made anew for each."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey


def signing_key(path: Path) -> None:
    """What tokens of service accounts are signed with."""
    _write(path, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def pair(folder: Path, name: str, *, subject: str) -> None:
    """``NAME.crt``, ``NAME.key`` and ``NAME-ca.crt`` that signed it: for a server here, and for a client called so."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    above = _certificate(f"{name}-ca", f"{name}-ca", authority, authority, is_authority=True)
    own = _certificate(subject, f"{name}-ca", key, authority, is_authority=False)
    _write(folder / f"{name}.key", key)
    for file, one in ((f"{name}-ca.crt", above), (f"{name}.crt", own)):
        (folder / file).write_bytes(one.public_bytes(serialization.Encoding.PEM))


def _certificate(subject: str, issuer: str, key: Key, signer: Key, *, is_authority: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    return (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(here), critical=False)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write(path: Path, key: Key | rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
