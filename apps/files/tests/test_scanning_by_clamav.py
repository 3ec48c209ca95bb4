"""A real ClamAV looks through files: what it finds is refused, and so is what it cannot look through."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.files import services
from apps.files.models import StoredFile
from apps.files.scanning import ScannerAway
from apps.files.tests.story import NOTE, TEXT, content_of, kept, objects
from resimate_servers.tests.clamav import EICAR, ClamAV, clamav

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("CAMP-001")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamAV]:
    with clamav(tmp_path_factory.mktemp("clamav")) as running:
        yield running


@pytest.fixture(autouse=True)
def _scanned(acme: Any, settings: Any, daemon: ClamAV) -> None:
    settings.FILES_SCANNER_URL = daemon.url


@pytest.mark.usefixtures("folder")
def test_what_is_good_is_kept() -> None:
    assert content_of(kept()) == TEXT


def test_what_is_bad_is_refused(folder: Path) -> None:
    with pytest.raises(services.FileRefused, match="Eicar"):
        kept(EICAR)

    assert StoredFile.objects.get().state == "refused"
    assert not objects(folder)


def test_what_is_larger_than_it_takes_is_not_let_in(folder: Path) -> None:
    with pytest.raises(ScannerAway):
        kept(b"a" * 9 * 1024**2, kind=replace(NOTE, most_mb=9))

    assert not StoredFile.objects.exists()
    assert not objects(folder)


def test_once_it_is_killed_nothing_is_let_in(folder: Path, daemon: ClamAV) -> None:
    daemon.stop()

    with pytest.raises(ScannerAway):
        kept()
    assert not objects(folder)
