"""Nobody reads a file before whoever looks through files has said yes."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.files import scanning, services
from apps.files.models import StoredFile
from apps.files.tests.story import content_of, kept, objects

pytestmark = pytest.mark.requirement("CAMP-001")


class FakeClamd:
    """Speaks the protocol of ClamAV's daemon, and knows one word that is bad. ``broken``: what it says instead."""

    def __init__(self, broken: bytes = b"") -> None:
        self.broken, self.seen = broken, b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"clamd://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self.listener.accept()[0] as peer, peer.makefile("rb") as said:
            assert said.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", said.read(4))[0]:
                self.seen += said.read(size)
            bad = b"stream: Eicar FOUND\0" if b"EICAR" in self.seen else b"stream: OK\0"
            peer.sendall(self.broken or bad)


@pytest.fixture
def clamd(settings: Any) -> Iterator[FakeClamd]:
    daemon = FakeClamd()
    settings.FILES_SCANNER_URL = daemon.url
    yield daemon
    daemon.listener.close()


@pytest.mark.usefixtures("acme", "folder")
def test_what_is_good_is_kept(clamd: FakeClamd) -> None:
    assert content_of(kept(b"good" * 50_000)) == clamd.seen


@pytest.mark.usefixtures("acme")
def test_what_is_bad_is_refused_and_seen_to_be(clamd: FakeClamd, folder: Path) -> None:
    with pytest.raises(services.FileRefused, match="Eicar"):
        kept(b"an EICAR file")

    file = StoredFile.objects.get()
    assert file.state == "refused"
    assert not objects(folder)
    assert AuditEntry.objects.get(action="stored_file.refused").details["found"] == "Eicar"
    with pytest.raises(services.NotThere):
        services.read(file)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("broken", [b"INSTREAM size limit exceeded. ERROR\0", b"?"])
def test_without_a_clear_answer_nothing_is_kept(broken: bytes, settings: Any, folder: Path) -> None:
    settings.FILES_SCANNER_URL = FakeClamd(broken).url

    with pytest.raises(scanning.ScannerAway):
        kept(b"good")

    assert not StoredFile.objects.exists()
    assert not objects(folder)


def test_one_that_is_away_lets_nothing_in(tmp_path: Path) -> None:
    with pytest.raises(scanning.ScannerAway):
        scanning.Clamd(f"clamd://{tmp_path}/nobody").look(io.BytesIO(b"a"))


def test_nobody_waits_long_for_one_that_takes_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or all threads would wait, and whoever brings files to one tenant would keep them from the others."""
    waited = []

    class Silent(socket.socket):
        def connect(self, address: Any) -> None:
            waited.append(self.gettimeout())
            raise TimeoutError

    monkeypatch.setattr(socket, "socket", Silent)
    with pytest.raises(scanning.ScannerAway):
        scanning.Clamd("clamd://scanner.example").look(io.BytesIO(b"a"))

    assert waited == [scanning.CONNECTING]
    assert scanning.CONNECTING < 5
