"""What is long, measures under load or needs a cluster runs where it is asked for, and there it does run."""

from pathlib import Path
from typing import Any

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"


class Item:
    """As much of a test as the choice looks at."""

    def __init__(self, *marks: str) -> None:
        self.marks, self.skipped = marks, list[str]()

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None

    def add_marker(self, mark: Any) -> None:
        self.skipped.append(mark.kwargs["reason"].rpartition("`make ")[2].rstrip("`"))


@pytest.mark.parametrize(
    ("marks", "asked", "skipped"),
    [
        (["load", "thorough"], "", ["load"]),
        (["load", "thorough"], "LOAD", []),
        (["load", "thorough"], "THOROUGH", ["load"]),
        (["image"], "THOROUGH", ["image"]),
        (["image"], "IMAGE", []),
        (["thorough"], "IMAGE", ["thorough"]),
        (["cluster"], "", ["cluster"]),
        (["cluster"], "THOROUGH", ["cluster"]),
        (["cluster"], "CLUSTER", []),
        (["thorough"], "LOAD", ["thorough"]),
        (["thorough"], "THOROUGH", []),
        ([], "", []),
    ],
)
def test_what_is_not_asked_for_is_skipped(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, marks: list[str], asked: str, skipped: list[str]
) -> None:
    plugins: Any = request.config.pluginmanager.get_plugins()
    conftest = next(one for one in plugins if getattr(one, "__file__", None) == str(CONFTEST))
    for name in ("CLUSTER", "IMAGE", "LOAD", "THOROUGH"):
        monkeypatch.setattr(conftest, name, name == asked)
    monkeypatch.delenv("RESIMATE_GUARDS", raising=False)
    item = Item(*marks)

    conftest._skip_what_is_not_asked_for(item)

    assert item.skipped == skipped
