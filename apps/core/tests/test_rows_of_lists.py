"""How many rows a list of the API may have is said once: the limit, its refusal and the description are of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from apps.core.api.parsers import rows_in
from apps.core.api.schema import AutoSchema
from apps.core.errors import Invalid
from apps.core.sizes import MOST_ROWS

pytestmark = pytest.mark.requirement("AR-002")


def asked(body: Any) -> Any:
    return SimpleNamespace(data=body)


def test_as_many_as_that_and_no_more() -> None:
    assert rows_in(asked([{}] * MOST_ROWS))
    assert not rows_in(asked({}))
    for rows in (0, MOST_ROWS + 1):
        with pytest.raises(Invalid, match=f"A list must have 1 to {MOST_ROWS:,} rows"):
            rows_in(asked([{}] * rows))


def test_descriptions_say_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drf_spectacular.openapi.AutoSchema.get_description", lambda self: "Up to {most_rows}.")

    assert AutoSchema().get_description() == f"Up to {MOST_ROWS:,}."
