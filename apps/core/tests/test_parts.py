"""Each part of the service is declared once, and asked by whoever looks after it: doctor, probes and pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import translation
from django_tenants.utils import schema_context
from prometheus_client import REGISTRY
from redis.exceptions import RedisError

from apps.core import parts
from apps.core.metrics import PART_UP
from apps.core.parts import PARTS, Answer, Missing
from apps.core.tenancy import current_schema

pytestmark = pytest.mark.requirement("AR-003")
SINCE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def kettle(monkeypatch: pytest.MonkeyPatch) -> Callable[..., parts.State]:
    """Declare a kettle and ask it."""
    monkeypatch.setattr(parts, "PARTS", dict(PARTS))

    def ask(question: Callable[[], Answer], **more: Any) -> parts.State:
        return parts.look([parts.declare("kettle", question, mend="fill it", **more)])["kettle"]

    return ask


def _names(found: list[parts.Part]) -> list[str]:
    return [part.name for part in found]


def test_who_asks_what_is_known() -> None:
    assert [part.name for part in PARTS.values() if part.is_vital] == ["database", "schema"]
    assert {"redis", "worker", "scheduler"} <= set(_names(parts.told()))
    assert {"database", "redis", "worker", "scheduler", "audit_partitions"} <= set(_names(parts.probed()))
    assert {"disk", "migrations", "runtime_role", "connection_pooling"}.isdisjoint(_names(parts.probed()))


@pytest.mark.parametrize(
    ("more", "probed", "told"),
    [
        ({}, False, False),
        ({"probed": True}, True, False),
        ({"vital": True}, True, False),
        ({"away": "No tea."}, True, True),
        ({"vital": True, "away": "No tea."}, True, False),
    ],
    ids=str,
)
def test_what_is_said_of_a_part_decides_who_asks(
    db: None, kettle: Callable[..., parts.State], more: dict[str, Any], probed: bool, told: bool
) -> None:
    kettle(lambda: Answer("hot"), **more)

    assert ("kettle" in _names(parts.probed()), "kettle" in _names(parts.told())) == (probed, told)


def test_an_answer_is_told_to_probes_without_its_words(db: None, kettle: Callable[..., parts.State]) -> None:
    state = kettle(lambda: Answer("hot at 10.0.0.7", seen_at=SINCE), probed=True)

    assert (state.up, state.detail) == (True, "hot at 10.0.0.7")
    assert state.as_dict() == {"up": True, "vital": False, "milliseconds": state.milliseconds, "seen_at": SINCE}


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (RedisError("no route\nto host"), "no route"),
        (OSError("refused"), "refused"),
        (KeyError("smtp"), "cannot be asked: KeyError"),
    ],
    ids=str,
)
def test_a_part_that_cannot_be_asked_is_not_well(
    db: None, kettle: Callable[..., parts.State], error: Exception, detail: str
) -> None:
    def ask() -> Answer:
        raise error

    state = kettle(ask)

    assert (state.up, state.detail) == (False, detail)


@pytest.mark.requirement("MON-001")
@pytest.mark.parametrize("is_well", [True, False])
def test_whoever_asks_a_metric_says_what_was_found(db: None, kettle: Callable[..., parts.State], is_well: bool) -> None:
    kettle(lambda: Answer("hot", is_well), probed=True)

    assert REGISTRY.get_sample_value("resimate_part_up", {"part": "kettle"}) == is_well


def test_what_is_probed_is_watched_though_nobody_probes(
    db: None, kettle: Callable[..., parts.State], monkeypatch: pytest.MonkeyPatch
) -> None:
    kettle(lambda: Answer("hot"), probed=True)
    monkeypatch.setattr(parts, "PARTS", {"kettle": parts.PARTS["kettle"]})
    PART_UP.labels("kettle").set(0)

    parts.watch()

    assert REGISTRY.get_sample_value("resimate_part_up", {"part": "kettle"}) == 1


def test_a_question_that_the_database_refuses_spoils_nobodys_work(db: None, kettle: Callable[..., parts.State]) -> None:
    def ask() -> Answer:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        return Answer("hot")

    assert not kettle(ask).up

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_parts_are_asked_in_the_public_schema(acme: Any, kettle: Callable[..., parts.State]) -> None:
    with schema_context("acme"):
        assert kettle(lambda: Answer(current_schema())).detail == "public"
        assert current_schema() == "acme"


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.name)
def test_a_part_has_words_for_pages_or_none_whenever_it_was_seen(part: parts.Part) -> None:
    never, since = str(Missing(part)), str(Missing(part, SINCE))

    assert bool(never) is bool(since) is (part.away is not None)
    assert ("2 November 2026, 09:00 UTC" in since) is (part.away_since is not None)
    assert "%" not in never + since


def test_words_are_in_the_readers_language() -> None:
    english = str(Missing(PARTS["redis"]))

    with translation.override("de"):
        assert str(Missing(PARTS["redis"])) not in ("", english)


def test_two_apps_do_not_declare_the_same_part() -> None:
    with pytest.raises(ValueError, match="two apps declare the part redis"):
        parts.declare("redis", lambda: Answer("here"), mend="")
