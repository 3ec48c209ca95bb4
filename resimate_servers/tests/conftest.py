import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resimate_servers.tests.running import Up


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder that the servers of root can reach too; pytest's own folders are private."""
    with tempfile.TemporaryDirectory(prefix="resimate-") as parent:
        Path(parent).chmod(0o711)
        monkeypatch.setenv("RESIMATE_STATE_DIR", f"{parent}/state")
        yield Path(parent) / "data"


@pytest.fixture
def up(folder: Path) -> Iterator[Callable[..., Up]]:
    """Start supervisors; what the test leaves running is stopped before its folder goes."""
    started: list[Up] = []

    def start(data: Path, *extra: str, env: dict[str, str] | None = None) -> Up:
        started.append(Up(data, *extra, env=env))
        return started[-1].wait_for("Ready.")

    yield start
    for one in started:
        one.stop()
