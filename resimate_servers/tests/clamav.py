"""A real daemon of ClamAV on this machine, which knows one signature: ours, of the text that all scanners agree on."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from resimate_servers import ports
from resimate_servers.processes import wait_until
from resimate_servers.tests.toxiproxy import needed

UNPACKED: Final = Path(__file__).parents[2] / "build/peers/clamav"
INSTALLED: Final = Path("/usr/sbin/clamd")
#: The test file of EICAR, in two halves: no scanner is to find it in this one.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD" + b"-ANTIVIRUS-TEST-FILE!$H+H*"


class ClamAV:
    """``url`` is what ``FILES_SCANNER_URL`` takes."""

    def __init__(self, folder: Path) -> None:
        self.port = ports.choose("clamd", {})
        self.url = f"clamd://127.0.0.1:{self.port}"
        program = needed(INSTALLED if INSTALLED.exists() else UNPACKED / "usr/sbin/clamd", "ClamAV")
        (folder / "signatures").mkdir()
        (folder / "signatures/ours.ndb").write_text(f"Ours.Eicar:0:*:{EICAR.hex()}\n")
        said = {
            "TCPAddr": "127.0.0.1",
            "TCPSocket": self.port,
            "DatabaseDirectory": folder / "signatures",
            "Foreground": "yes",
            "StreamMaxLength": "8M",
        }
        (folder / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in said.items()))
        libraries = {"LD_LIBRARY_PATH": ":".join(str(one) for one in UNPACKED.glob("usr/lib/*-linux-gnu"))}
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(program), "-c", str(folder / "clamd.conf")],
                stdout=log,
                stderr=log,
                env={**os.environ, **libraries},
            )
        assert wait_until(lambda: ports.answers(self.port), 60), (folder / "log").read_text()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def clamav(folder: Path) -> Iterator[ClamAV]:
    daemon = ClamAV(folder)
    try:
        yield daemon
    finally:
        daemon.stop()
