import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.core.tests.embedded.running import Up


@pytest.fixture
def up() -> Iterator[Callable[..., Up]]:
    """Start supervisors; what the test leaves running is stopped."""
    started: list[Up] = []

    def start(folder: Path, *extra: str, env: dict[str, str] | None = None) -> Up:
        started.append(Up(folder, *extra, env=env))
        return started[-1].wait_for("Ready.")

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that root's servers can reach too; pytest's own folders are private."""
    if os.geteuid() == 0:
        for level in (tmp_path, *tmp_path.parents[:2]):
            level.chmod(0o711)
    return tmp_path / "data"
