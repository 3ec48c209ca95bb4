"""The key of digests is replaced while processes that disagree about it add, find and move the same people."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Stakeholder
from apps.core.fields import new_id
from apps.keys import services as keys
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.services import reindexing
from apps.outreach.contacts import Contact
from resimate.tests.database import ROOT, SERVERS, url_of
from resimate.tests.races.harness import race
from resimate.tests.races.rotation import finish, start

pytestmark = pytest.mark.requirement("SEC-DATA-001")
PATIENCE = 120.0
ROWS = 1500


@pytest.fixture
def fresh(acme: None) -> Iterator[None]:
    """No replacement is under way, whatever the test before has left."""
    _finish_replacement()
    yield
    _finish_replacement()


def _finish_replacement() -> None:
    while keys.has_rest("acme", "index"):
        settle()
        reindex()


def settle() -> None:
    with schema_context("public"):
        DataKey.objects.filter(moved_at__isnull=False).update(moved_at=F("moved_at") - timedelta(minutes=11))


def begin() -> None:
    with schema_context("public"):
        keys.rotate("acme", purpose="index", now=timezone.now())


def reindex() -> keys.Reindexed:
    with schema_context("public"):
        return keys.reindex("acme", now=timezone.now())


def states() -> list[str]:
    return list(DataKey.objects.of("acme", "index").order_by("-version").values_list("state", flat=True))[1::-1]


def add(email: str = "") -> Stakeholder:
    email = email or f"{new_id()}@example.org"
    return services.create_stakeholder(Contact("Di", email), acting_user=None, now=timezone.now())


def test_no_step_is_taken_over_who_is_stored_by_a_process_that_knows_less_and_not_committed(fresh: None) -> None:
    ring = KEYRING._ring("acme")
    begin()
    reindex()
    settle()

    def add_unaware() -> Stakeholder:
        KEYRING._rings["acme"] = ring
        person = add()
        KEYRING.forget("acme")
        return person

    added, stepping = race(add_unaware, reindex)

    assert (added.code, stepping.code) == ("", "")
    assert states() == ["active", "coming"]
    assert reindex().written == 1
    assert states() == ["leaving", "active"]
    assert services.find_by_email(added.result.email).exists()


def test_a_step_is_taken_once(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By two who have both found that every row is filled: so the second does not wait before the change-over."""
    begin()
    reindex()
    settle()
    monkeypatch.setattr(reindexing, "_fill", lambda *_: keys.Reindexed())

    first, second = race(reindex, reindex)

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert states() == ["leaving", "active"]
    version = DataKey.objects.of("acme", "index").active().get()
    assert AuditEntry.objects.filter(action="data_key.rotated", object_id=str(version.pk)).count() == 1


def test_who_is_about_to_be_changed_is_left_to_the_next_time_and_keeps_the_new_address(fresh: None) -> None:
    person = add()
    begin()
    other = f"{new_id()}@example.org"

    changed, filling = race(
        lambda: services.change_stakeholder(person, {"email": other}, acting_user=None, now=timezone.now()), reindex
    )

    assert (changed.code, filling.code, filling.waited) == ("", "", False)
    settle()
    reindex()
    assert services.find_by_email(other).get() == person


def test_who_is_referred_to_just_now_is_passed_over_and_waits_for_nobody(fresh: None) -> None:
    person = add()
    begin()

    def refer() -> None:
        list(
            Stakeholder.objects.filter(pk=person.pk).raw(
                "SELECT id FROM campaigns_stakeholder WHERE id = %s FOR KEY SHARE", [person.pk]
            )
        )

    _, filling = race(refer, reindex)

    assert (filling.code, filling.waited, filling.result.left) == ("", False, 1)


def process() -> "subprocess.Popen[str]":
    name = settings.DATABASES["default"]["NAME"]
    urls = {"DATABASE_URL": url_of(SERVERS.app_url, name), "DATABASE_OWNER_URL": url_of(SERVERS.owner_url, name)}
    return subprocess.Popen(
        [sys.executable, "-m", "resimate.tests.races.adding"],
        cwd=ROOT,
        env=os.environ | urls,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _replace_slowly_enough(over_in: float) -> list[list[str]]:
    """Take each step as soon as it has come."""
    seen, until = [states()], time.monotonic() + over_in
    begin()
    while keys.has_rest("acme", "index") and time.monotonic() < until:
        reindex()
        if seen[-1] != states():
            seen.append(states())
        time.sleep(0.1)
    return seen


@pytest.mark.thorough
def test_nobody_is_there_twice_and_everybody_is_found_by_processes_that_disagree(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each remembers keys for a second; a step comes after three."""
    monkeypatch.setattr(reindexing, "SETTLED", timedelta(seconds=3))
    if not User.objects.at("admin@acme.example").exists():
        User(email="admin@acme.example", created_at=timezone.now()).save()
    others = [process() for _ in range(3)]
    for one in others:
        assert one.stdout is not None
        assert one.stdout.readline().strip() == "ready"

    seen = _replace_slowly_enough(PATIENCE)

    told = [json.loads(one.communicate(input="", timeout=PATIENCE)[0]) for one in others]
    print([one["done"] for one in told])  # noqa: T201  a number to look at, with -s
    assert [failure for one in told for failure in one["failures"]] == []
    assert all(one["done"].get("_add", 0) + one["done"].get("_move", 0) > 5 for one in told)
    assert seen[-1] == ["decrypt-only", "active"]
    assert not keys.has_rest("acme", "index")
    people = [one.email.casefold() for one in Stakeholder.objects.all()]
    assert len(people) == len(set(people)) > 5
    with schema_context("public"):
        assert keys.verify("acme").problems == []


@pytest.mark.thorough
def test_a_replacement_that_is_killed_goes_on_where_it_was(fresh: None) -> None:
    now = timezone.now()
    with transaction.atomic():
        people = [services.Contact("P", f"killed{n}-{new_id()}@example.org") for n in range(ROWS)]
        services.create_stakeholders(people, acting_user=None, now=now)
    slot = _other_column()
    killed = start("rotate", "--index")
    filled = _wait_until(lambda: _having(slot), 200)
    killed.kill()
    killed.communicate()
    assert 0 < filled < ROWS, "it was finished before it was killed"

    outcome = finish(start("rotate", "--index", "--resume"), PATIENCE)["rotated"][0]

    assert (outcome["left"], outcome["failed"], outcome["state"]) == (0, [], "coming")
    assert 0 < outcome["written"] < ROWS
    settle()
    reindex()
    assert states() == ["leaving", "active"]
    assert services.find_by_email(people[17].email).exists()


def _other_column() -> str:
    return {1: "email_index_2", 2: "email_index"}[DataKey.objects.of("acme", "index").active().get().slot]


def _having(column: str) -> int:
    return Stakeholder.objects.filter(**{f"{column}__isnull": False}).count()


def _wait_until(count: Callable[[], int], wanted: int) -> Any:
    until = time.monotonic() + PATIENCE
    while (found := count()) < wanted and time.monotonic() < until:
        time.sleep(0.01)
    return found
