"""A certificate authority of a test's own, which makes certificates for servers on this machine."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """``file`` is its own certificate, which whoever believes it needs."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.folder, self._key, self._name = folder, ec.generate_private_key(ec.SECP256R1()), _named(name)
        self.file = folder / f"{name}.pem"
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        extensions = [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True), (self._identifier, False)]
        self.file.write_bytes(self._signed(self._name, self._key, extensions))

    @property
    def pem(self) -> str:
        return self.file.read_text()

    def issue(self, *names: str, has_ended: bool = False) -> tuple[Path, Path]:
        """Files with a certificate for a server of these names or addresses, and with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        extensions = [(x509.SubjectAlternativeName([_called(name) for name in names]), False), (issuer, False)]
        certificate, secret = self.folder / f"{names[0]}.pem", self.folder / f"{names[0]}.key"
        certificate.write_bytes(self._signed(_named(names[0]), key, extensions, has_ended))
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
        return certificate, secret

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extensions: list[tuple[x509.ExtensionType, bool]],
        has_ended: bool = False,
    ) -> bytes:
        now = datetime.now(UTC) - has_ended * 2 * DAY
        made = x509.CertificateBuilder(
            self._name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
        )
        for extension, is_critical in extensions:
            made = made.add_extension(extension, is_critical)
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _called(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
