"""SoftHSM, an HSM in software that is called as any other is: with a token of its own for tests that need one."""

import os
import subprocess
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, KeyType

from apps.keys.providers.hsm import Token

ROOT = Path(__file__).parents[3]
PIN, SECURITY_OFFICER = "a-pin-of-tests", "another-of-tests"


def installed() -> tuple[Path, Path] | None:
    """The library and the program that makes tokens, where `make peers` has put them, or Debian has."""
    for root in (ROOT / "build/peers/softhsm/usr", Path("/usr")):
        library, program = root / "lib/softhsm/libsofthsm2.so", root / "bin/softhsm2-util"
        if library.exists() and program.exists():
            return library, program
    return None


class SoftHsm:
    """Its library reads from the environment where its tokens are: a process has one of these at a time."""

    def __init__(self, library: Path, program: Path, folder: Path) -> None:
        self.library, self.program, self.tokens = str(library), str(program), folder / "tokens"
        self.tokens.mkdir()
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(settings)
        self.make_token("resimate")
        self.make_key("resimate")

    def make_token(self, label: str) -> None:
        command = [self.program, "--module", self.library, "--init-token", "--free", "--label", label]
        pins = ["--pin", PIN, "--so-pin", SECURITY_OFFICER]
        subprocess.run([*command, *pins], check=True, timeout=60, capture_output=True)

    def make_key(self, label: str, bits: int = 256, *, can_be_extracted: bool = False) -> None:
        module = pkcs11.lib(self.library)
        module.reinitialize()
        with module.get_token(token_label="resimate").open(rw=True, user_pin=PIN) as session:
            kept = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: can_be_extracted}
            session.generate_key(KeyType.AES, bits, label=label, store=True, template=kept)

    def token(self, key: str = "resimate", pin: str = PIN) -> Token:
        return Token(self.library, "resimate", key, pin)

    def take_away(self) -> None:
        self.tokens.rename(self.tokens.with_name("away"))

    def give_back(self) -> None:
        if not self.tokens.exists():
            self.tokens.with_name("away").rename(self.tokens)
