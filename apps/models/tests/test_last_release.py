"""What weighs groups is shown in the last release alone: the calculation says which one it is."""

from types import SimpleNamespace
from typing import Any

import pytest

from apps.models import disclosure
from apps.models.services import scoring

pytestmark = pytest.mark.requirement("CAMP-001")


@pytest.mark.parametrize("is_last", [False, True])
def test_a_release_is_the_last_one_when_nothing_follows(is_last: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[bool] = []

    def shown(*_: Any, final: bool, least: int) -> dict[str, int]:
        said.append(final)
        return {}

    monkeypatch.setattr(disclosure, "is_final", lambda _: is_last)
    monkeypatch.setattr(disclosure, "earlier_shown", lambda _: {})
    monkeypatch.setattr(disclosure, "nodes_shown", shown)
    assessment = SimpleNamespace(confidential=True, least_people=5)
    case: Any = SimpleNamespace(assessment=assessment, basis=SimpleNamespace(model=None), own={"responses": []})
    result: Any = {"nodes": {}}

    scoring._disclosed(case, result)

    assert said == [is_last]
