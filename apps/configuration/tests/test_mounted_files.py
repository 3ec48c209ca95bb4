"""A mounted folder sets keys: it is seen live, as Kubernetes swaps it, and what does not fit loosens nothing."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from apps.configuration import services, snapshots
from apps.configuration.environment import flaws_of_environment
from apps.configuration.levels import Unfit
from apps.configuration.registry import Merge
from apps.core import epochs

pytestmark = pytest.mark.requirement("ENV-002", "UC-002")
Toy = Callable[..., Any]
KEY = "toy.number"


@pytest.fixture
def folder(acme: Any, tmp_path: Path) -> Any:
    with override_settings(CONFIG_DIR=str(tmp_path)):
        yield tmp_path


def _swap(folder: Path, **files: str) -> None:
    """As the kubelet does: a new folder, and the link to it replaced at once."""
    fresh = folder / f"..{len(list(folder.iterdir()))}"
    fresh.mkdir()
    for name, text in files.items():
        (fresh / name.replace("__", ".")).write_text(text)
        if not (folder / name.replace("__", ".")).is_symlink():
            (folder / name.replace("__", ".")).symlink_to(Path("..data") / name.replace("__", "."))
    (folder / "..fresh").symlink_to(fresh.name)
    (folder / "..fresh").rename(folder / "..data")


def _looked() -> None:
    """What the follower of a process does every four seconds."""
    snapshots._counted(epochs.numbers("settings"))


def test_a_file_that_is_swapped_is_seen_without_a_restart(folder: Path, toy: Toy) -> None:
    toy()
    _swap(folder, toy__number="11\n")
    assert services.get(KEY) == 11

    _swap(folder, toy__number="12")
    assert services.get(KEY) == 11
    _looked()

    assert services.get(KEY) == 12
    assert str(services.explain(KEY).winner.level) == "environment"


def test_a_file_that_is_taken_away_sets_nothing_any_more(folder: Path, toy: Toy) -> None:
    toy()
    _swap(folder, toy__number="11")
    assert services.get(KEY) == 11

    _swap(folder)
    _looked()

    assert services.get(KEY) == 10


@pytest.mark.parametrize("text", ["many", "-1", "", "{", "\xff"])
def test_what_does_not_fit_leaves_the_last_good_value(folder: Path, toy: Toy, text: str) -> None:
    toy(merge=Merge.LOWEST)
    _swap(folder, toy__number="6")
    assert services.get(KEY) == 6

    _swap(folder, toy__number=text)
    _looked()

    assert services.get(KEY) == 6
    assert list(flaws_of_environment()) == [KEY]


def test_security_that_never_fitted_is_refused_and_not_loosened(folder: Path, toy: Toy, now: datetime) -> None:
    toy(merge=Merge.LOWEST)
    _swap(folder, toy__number="six")

    with pytest.raises(Unfit):
        services.get(KEY)
    assert services.explain(KEY).levels[-1]["problem"] == "is no JSON"

    _swap(folder, toy__number="6")
    _looked()
    assert services.get(KEY) == 6


def test_what_is_no_security_counts_for_nothing_and_is_said(folder: Path, toy: Toy) -> None:
    toy()
    _swap(folder, toy__number="six", toy__nothing="1")

    assert services.get(KEY) == 10
    assert set(flaws_of_environment()) == {KEY, "TOY_NOTHING"}


def test_a_folder_that_goes_away_takes_nothing_along(folder: Path, toy: Toy) -> None:
    toy()
    _swap(folder, toy__number="11")
    assert services.get(KEY) == 11

    with override_settings(CONFIG_DIR=str(folder / "nowhere")):
        _looked()
        assert services.get(KEY) == 11
        assert list(flaws_of_environment()) == ["RESIMATE_CONFIG_DIR"]


def test_what_needs_a_restart_waits_for_one(folder: Path, toy: Toy) -> None:
    toy(restart=True)
    _swap(folder, toy__number="11")
    assert services.get(KEY) == 11

    _swap(folder, toy__number="12")
    _looked()

    assert services.get(KEY) == 11
    assert flaws_of_environment() == {KEY: "is seen after a restart"}
