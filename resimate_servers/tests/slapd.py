"""A real directory, OpenLDAP's, on this machine: over LDAP with StartTLS, and over LDAPS."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from resimate_servers import ports
from resimate_servers.processes import wait_until
from resimate_servers.tests.authority import Authority
from resimate_servers.tests.toxiproxy import needed

UNPACKED: Final = Path(__file__).parents[2] / "build/peers/slapd"
INSTALLED: Final = Path("/usr/sbin/slapd")
BASE: Final = "dc=example,dc=org"
#: Who may search, and with what password.
READER: Final = (f"cn=reader,{BASE}", "reader-secret")
#: Like Active Directory, it takes a name without a password for nobody, and calls that a success.
CONFIGURATION: Final = """
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/inetorgperson.schema
modulepath {root}/usr/lib/ldap
moduleload back_mdb
allow bind_anon_cred
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
suffix "{base}"
rootdn "{reader[0]}"
rootpw {reader[1]}
directory {folder}/data
"""
TREE: Final = """dn: {base}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=elsewhere,{base}
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:{nowhere}/ou=elsewhere,{base}

"""
PERSON: Final = """dn: uid={login},{base}
objectClass: inetOrgPerson
uid: {login}
cn: {login}
sn: {login}
mail: {login}@example.org
userPassword: {login}-secret

"""


class Slapd:
    """Its people are called as ``people`` says, each with a password that ends in ``-secret``."""

    def __init__(self, folder: Path, name: str, people: tuple[str, ...], nowhere: int) -> None:
        self.authority = Authority(folder)
        self.port, self.tls_port = ports.choose("slapd", {}), ports.choose("slapd over TLS", {})
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._root = Path("/") if INSTALLED.exists() else UNPACKED
        self._program = needed(self._root / "usr/sbin/slapd", "slapd")
        (folder / "data").mkdir()
        certificate, key = self.authority.issue(name)
        said = {"root": self._root, "certificate": certificate, "key": key, "authority": self.authority.file}
        (folder / "slapd.conf").write_text(CONFIGURATION.format(base=BASE, reader=READER, folder=folder, **said))
        entries = "".join(PERSON.format(base=BASE, login=login) for login in people)
        (folder / "tree.ldif").write_text(TREE.format(base=BASE, nowhere=nowhere) + entries)
        filled = subprocess.run(
            [self._program, "-T", "add", *self._where, "-l", folder / "tree.ldif"],
            env=self._environment,
            capture_output=True,
            text=True,
        )
        assert filled.returncode == 0, filled.stderr

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def _where(self) -> list[str]:
        return ["-f", str(self.folder / "slapd.conf")]

    @property
    def _environment(self) -> dict[str, str]:
        libraries = ":".join(str(one) for one in UNPACKED.glob("usr/lib/*-linux-gnu"))
        return {**os.environ, "LD_LIBRARY_PATH": libraries}

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, *self._where, "-h", f"{self.url} {self.tls_url}", "-d", "0"],
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        assert wait_until(lambda: ports.answers(self.tls_port), 60), (self.folder / "log").read_text()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def slapd(folder: Path, name: str, people: tuple[str, ...], nowhere: int = 1) -> Iterator[Slapd]:
    """Its certificate is for ``name``; it refers to whoever listens on ``nowhere`` for one part of it."""
    directory = Slapd(folder, name, people, nowhere)
    try:
        directory.start()
        yield directory
    finally:
        directory.stop()
