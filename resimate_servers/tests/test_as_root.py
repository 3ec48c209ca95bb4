"""Root's servers run as nobody, who may not pass through a private folder: their files move, nobody's rights do not."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from resimate_servers.errors import EmbeddedError
from resimate_servers.placement import Placement, reachable, server_account
from resimate_servers.tests.running import Up, rows, write_row

Start = Callable[..., Up]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as somebody else")


@pytest.fixture
def state(folder: Path) -> Path:
    return folder.parent / "state"


@pytest.mark.thorough
def test_data_below_a_private_folder_is_kept_where_nobody_can_reach_it(up: Start, tmp_path: Path, state: Path) -> None:
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    first = up(private / "data", env={"RESIMATE_STATE_DIR": str(state)})
    write_row(first.urls.owner_database_url, "ada")
    first.stop()

    second = up(private / "data", env={"RESIMATE_STATE_DIR": str(state)})

    assert rows(second.urls.owner_database_url) == ["ada"]
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    home = Path((private / "data" / "servers-are-in").read_text().strip())
    assert home.is_relative_to(state)
    assert (home / "belongs-to").read_text().strip() == str(private / "data")
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700


def test_binaries_below_a_private_folder_are_copied_with_their_libraries(tmp_path: Path, state: Path) -> None:
    packages = tmp_path / "home" / "packages"
    (packages / "server" / "bin").mkdir(parents=True)
    (packages / "server.libs").mkdir()
    (packages / "server" / "bin" / "run").write_text("#!/bin/sh\n")
    (packages / "server" / "bin" / "run").chmod(0o700)
    (tmp_path / "home").chmod(0o700)
    placement = Placement(server_account(), state)

    root = placement.published(packages, ["server", "server.libs", "absent"], "server-1")

    assert root == state / "bin" / "server-1"
    assert stat.S_IMODE((root / "server" / "bin" / "run").stat().st_mode) == 0o755
    assert (root / "server.libs").is_dir()
    assert placement.published(packages, ["server"], "server-1") == root


def test_a_public_folder_is_used_as_it_is(folder: Path, state: Path) -> None:
    folder.mkdir()
    placement = Placement(server_account(), state)

    assert placement.home_of(folder) == folder
    assert reachable(folder, server_account())
    assert not state.exists()


def test_a_folder_that_somebody_else_prepared_is_not_used(tmp_path: Path, state: Path) -> None:
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    state.mkdir()
    os.chown(state, 65534, 65534)

    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        Placement(server_account(), state).home_of(private)


def test_data_that_moved_away_is_not_silently_begun_anew(tmp_path: Path, state: Path) -> None:
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    placement = Placement(server_account(), state)
    shutil.rmtree(placement.home_of(private))

    with pytest.raises(EmbeddedError, match="which is gone; bring it back"):
        placement.home_of(private)


def test_a_choice_once_made_survives_a_change_of_modes(tmp_path: Path, folder: Path, state: Path) -> None:
    private = tmp_path / "home"
    (private / "data").mkdir(parents=True)
    private.chmod(0o700)
    placement = Placement(server_account(), state)
    home = placement.home_of(private / "data")

    private.chmod(0o755)

    assert placement.home_of(private / "data") == home
