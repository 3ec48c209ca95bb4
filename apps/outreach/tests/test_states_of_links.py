"""What a personal link opens, by the state of whom and what it is for, and how often it may be tried."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from django_tenants.utils import schema_context

from apps.configuration import throttling
from apps.core import crypto
from apps.outreach import links, visits
from apps.outreach.links import LinkState, PersonalLinks
from apps.outreach.models import Round
from apps.outreach.services import messages

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


def _holder(**more: Any) -> Any:
    """Somebody who may answer now."""
    holder = SimpleNamespace(
        pk=uuid4(),
        link_version=1,
        revoked_at=None,
        round=SimpleNamespace(status=Round.Status.OPEN),
        can_answer=True,
        person=SimpleNamespace(is_erased=False),
        is_open_at=lambda moment: True,
    )
    vars(holder).update(more)
    return holder


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, LinkState.LIVE),
        ({"revoked_at": datetime(2026, 1, 1)}, LinkState.WITHDRAWN),  # noqa: DTZ001  whenever it was
        ({"round": SimpleNamespace(status=Round.Status.DRAFT)}, LinkState.UNKNOWN),
        ({"can_answer": False}, LinkState.UNKNOWN),
        ({"is_open_at": lambda moment: False}, LinkState.CLOSED),
    ],
)
def test_a_link_lives_while_its_holder_may_answer(more: dict[str, Any], state: LinkState, now: datetime) -> None:
    assert links._state_at(now, _holder(**more)) is state


def test_an_address_stands_at_the_host_that_is_given_or_at_the_tenants_own(acme: Any) -> None:
    holder, nothing = _holder(), cast(Any, None)
    kind: PersonalLinks[Any] = PersonalLinks("tests", "campaigns:respond", nothing, nothing, nothing, nothing)

    assert kind.url_for(holder, "https://given.example") == f"https://given.example{kind.path_for(holder)}"
    assert kind.url_for(holder).partition("://")[2].startswith("acme.localhost")


def test_where_tenants_share_a_secret_as_of_old_a_link_of_one_opens_nothing_at_another(
    acme: Any, beta: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, nothing = _holder(), cast(Any, None)
    kind: PersonalLinks[Any] = PersonalLinks("tests", "campaigns:respond", nothing, nothing, nothing, nothing)
    monkeypatch.setattr(crypto, "signing_secrets", lambda _schema: [b"the same for all"])
    token = kind.token_for(holder)

    with schema_context(beta.schema_name):
        assert kind.token_for(holder) != token


def test_a_letter_is_of_the_tenant_in_which_it_is_written(acme: Any, beta: Any) -> None:
    found = [messages._letterhead([])]
    with schema_context(beta.schema_name):
        found.append(messages._letterhead([]))

    assert [one.organisation for one in found] == [acme.name, beta.name]


@pytest.mark.parametrize(("counted", "used_up"), [(None, False), (10, False), (11, True)])
def test_whoever_tries_too_often_waits_and_nobody_does_where_nothing_counts(
    counted: int | None, used_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "COUNTER", SimpleNamespace(count=lambda *_, **__: counted))

    assert visits._is_used_up("link:1", 10) is used_up
