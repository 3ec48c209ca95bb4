"""People are found by digests of their addresses while the key of these is replaced, and after; none is there twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.http import HttpResponse
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import devices
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.services.users import EmailTaken
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.tests.story import BO, CY, Clock, part_of
from apps.core import crypto
from apps.core.errors import Invalid
from apps.keys import services as keys
from apps.keys import tasks
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.services import reindexing, rotating
from apps.keys.tests.commands import refused, run
from apps.keys.tests.walking import Plans
from apps.outreach.contacts import Contact

pytestmark = [pytest.mark.requirement("SEC-DATA-001"), pytest.mark.django_db(databases=["default", "owner"])]
DI = Contact("Di Dorn", "di@example.org", "Staff")
STEPS = [("active", "coming"), ("leaving", "active"), ("decrypt-only", "active"), ("decrypt-only", "active")]


def begin() -> DataKey:
    with schema_context("public"):
        return keys.rotate("acme", purpose="index", now=timezone.now())


def settle() -> None:
    """Let ten minutes pass, by the clock of the database."""
    pass_time(timedelta(minutes=10, seconds=1))


def pass_time(time: timedelta) -> None:
    with schema_context("public"):
        DataKey.objects.filter(moved_at__isnull=False).update(moved_at=F("moved_at") - time)


def go_on() -> keys.Reindexed:
    with schema_context("public"):
        return keys.reindex("acme", now=timezone.now())


def replace() -> None:
    """The whole of it."""
    begin()
    for _ in range(4):
        settle()
        go_on()


def states() -> tuple[str, ...]:
    return tuple(DataKey.objects.of("acme", "index").order_by("version").values_list("state", flat=True))


def digests(table: str = "campaigns_stakeholder") -> set[tuple[bool, bool]]:
    """In which of its two columns there are digests."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT email_index IS NOT NULL, email_index_2 IS NOT NULL FROM {table}")
        return set(cursor.fetchall())


@contextmanager
def unaware(ring: Any) -> Iterator[None]:
    """As a process that still remembers the keys of then."""
    KEYRING._rings["acme"] = ring
    yield
    KEYRING.forget("acme")


def test_everybody_is_found_at_each_step_and_nobody_can_be_added_twice(draft: Campaign, ada: User) -> None:
    begin()
    seen = []
    for number in range(5):
        assert services.find_by_email("BO@example.org").get().name == BO.name
        assert User.objects.at("Ada@acme.example").get() == ada
        with pytest.raises(Invalid), transaction.atomic():
            services.create_stakeholder(BO, acting_user=ada, now=timezone.now())
        with pytest.raises(EmailTaken):
            accounts.create_user("ADA@acme.example", password="seven purple bicycles", now=timezone.now())
        services.create_stakeholder(Contact("E", f"e{number}@example.org"), acting_user=ada, now=timezone.now())
        seen.append(states())
        go_on()
        settle()

    assert seen == [STEPS[0], STEPS[0], *STEPS[1:3], STEPS[3]]
    assert digests() == digests("accounts_user") == {(False, True)}
    first, second = DataKey.objects.of("acme", "index").order_by("version")
    assert (first.unused_at is not None, first.values, second.values) == (True, 0, 4 + 2 + 1)  # as last counted
    with schema_context("public"):
        assert keys.verify("acme").problems == []


def test_what_is_there_is_not_added_by_who_knows_a_step_less(draft: Campaign, ada: User) -> None:
    """Of two processes that disagree about the keys, each finds whom the other has added, and adds nobody again."""
    before = KEYRING._ring("acme")
    begin()
    for number in range(4):
        one, other = Contact("F", f"f{number}@example.org"), Contact("G", f"g{number}@example.org")
        after = KEYRING._ring("acme")
        for contact, first, second in ((one, before, after), (other, after, before)):
            with unaware(first):
                services.create_stakeholder(contact, acting_user=ada, now=timezone.now())
            with unaware(second):
                assert services.find_by_email(contact.email).exists()
                with pytest.raises(IntegrityError), transaction.atomic():
                    Stakeholder(name="x", email=contact.email, created_at=timezone.now()).save()
        before = after
        settle()
        go_on()

    assert Stakeholder.objects.count() == 2 + 8


@pytest.mark.thorough
def test_who_was_added_by_a_process_that_knew_nothing_gets_a_digest_before_it_counts(
    draft: Campaign, ada: User
) -> None:
    ring = KEYRING._ring("acme")
    begin()
    plans = Plans("campaigns_stakeholder")
    with connection.execute_wrapper(plans):
        go_on()
    assert [plan for plan in plans.found if "Sort" in plan] == []
    with unaware(ring):
        services.create_stakeholder(DI, acting_user=ada, now=timezone.now())
        bo = services.find_by_email(BO.email).get()
        services.change_stakeholder(bo, {"email": "bob@example.org"}, acting_user=ada, now=timezone.now())
    assert digests() == {(True, True), (True, False)}
    settle()

    assert go_on().written == 2

    assert states() == STEPS[1]
    assert digests() == {(True, True)}
    assert services.find_by_email("bob@example.org").exists()
    assert not services.find_by_email(BO.email).exists()


@pytest.mark.parametrize("step", [0, 1])
def test_no_step_is_taken_while_somebody_would_be_found_no_more(
    draft: Campaign, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was stored at the last moment, after the rows were filled."""
    begin()
    for _ in range(step):
        settle()
        go_on()
    settle()
    fill = reindexing._fill

    def and_lose(*arguments: Any) -> keys.Reindexed:
        outcome = fill(*arguments)
        with schema_context("acme"):
            Stakeholder.objects.update(email_index_2=None)
        return outcome

    monkeypatch.setattr(reindexing, "_fill", and_lose)
    go_on()
    assert states() == STEPS[step]
    monkeypatch.undo()
    go_on()
    assert states() == STEPS[step + 1]


@pytest.mark.thorough
def test_no_step_is_taken_before_every_process_knows_the_one_before(draft: Campaign) -> None:
    begin()
    for step in range(3):
        go_on()
        assert states() == STEPS[step]
        pass_time(timedelta(minutes=9))
        go_on()
        assert states() == STEPS[step]
        settle()
        go_on()
    assert digests() == {(False, True)}
    assert go_on() == keys.Reindexed()


def test_the_column_of_the_next_key_is_empty_before_it_comes(draft: Campaign) -> None:
    bo = services.find_by_email(BO.email)
    bo.update(email_index_2=b"of somebody else")  # written late, and found by nobody

    begin()

    assert digests() == {(True, False)}


def test_nothing_is_removed_that_a_process_may_still_look_for(draft: Campaign) -> None:
    begin()
    for _ in range(2):
        settle()
        go_on()

    assert (states(), go_on().left > 0, digests()) == (STEPS[2], True, {(True, True)})


@pytest.mark.thorough
def test_the_next_replacement_goes_back_to_the_first_column(draft: Campaign, ada: User) -> None:
    replace()
    bo = services.find_by_email(BO.email).get()
    Stakeholder.objects.filter(pk=bo.pk).update(email_index=b"of somebody else")  # written late, and found by nobody

    replace()

    assert states() == ("decrypt-only", "decrypt-only", "active")
    assert digests() == {(True, False)}
    assert services.find_by_email(BO.email).get() == bo


@pytest.mark.thorough
def test_what_is_of_another_tenant_stays_as_it_is(draft: Campaign, beta: Any) -> None:
    with tenant_context(beta):
        accounts.create_user("bo@beta.example", password="seven purple bicycles", now=timezone.now())
    replace()

    with tenant_context(beta):
        assert digests("accounts_user") == {(True, False)}
        assert User.objects.at("bo@beta.example").exists()
    assert DataKey.objects.of("beta", "index").count() <= 1


@pytest.mark.requirement("DB-002")
def test_one_tenants_replacement_is_not_anothers(draft: Campaign, beta: Any) -> None:
    begin()

    with schema_context("public"):
        assert keys.reindex("beta", now=timezone.now()) == keys.Reindexed()
        assert keys.rotate("beta", purpose="index", now=timezone.now()).state == "coming"

    assert (states(), digests()) == (STEPS[0], {(True, False)})


def test_a_second_replacement_waits_for_the_first(draft: Campaign) -> None:
    begin()
    with schema_context("public"), pytest.raises(rotating.ReplacementUnderWay):
        keys.rotate("acme", purpose="index", now=timezone.now())
    replaced = refused("rotate", "--index", "--tenant", "acme")
    assert (replaced[0], replaced[1]["code"]) == (1, "rotation_under_way")


@pytest.mark.thorough
def test_a_digest_that_cannot_be_made_is_told_and_the_key_before_stays(draft: Campaign, ada: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_stakeholder SET email = name WHERE id = %s", [part_of(draft, BO).stakeholder_id]
        )
    begin()
    settle()

    outcome = go_on()

    assert (outcome.left, len(outcome.failed)) == (1, 1)
    assert "it is damaged, or was written to another place" in outcome.failed[0]
    assert states() == STEPS[0]


@pytest.mark.thorough
def test_who_is_found_by_the_digest_of_another_is_told_and_the_others_are_written(draft: Campaign, ada: User) -> None:
    begin()
    bo, cy = (services.find_by_email(one.email).get() for one in (BO, CY))
    services.create_stakeholder(DI, acting_user=ada, now=timezone.now())
    coming = crypto.index_keys("acme").written[2]
    field: Any = Stakeholder._meta.get_field("email_index_2")
    Stakeholder.objects.filter(pk=cy.pk).update(email_index_2=field.digest(bo.email, coming))
    settle()

    outcome = go_on()

    assert outcome.failed == [f"campaigns.Stakeholder.email {bo.pk}: another row is found by the same"]
    assert states() == STEPS[0]
    with schema_context("public"):
        problems = keys.verify("acme").problems
    assert problems == [f"campaigns.Stakeholder.email {cy.pk}: its digest is another one"]


def test_verify_says_who_has_no_digest_under_the_key_in_use(draft: Campaign) -> None:
    bo = services.find_by_email(BO.email).get()
    Stakeholder.objects.filter(pk=bo.pk).update(email_index=None)
    with schema_context("public"):
        assert keys.verify("acme").problems == [f"campaigns.Stakeholder.email {bo.pk}: it has no digest"]


def test_the_key_before_is_destroyed_once_no_digest_is_under_it(draft: Campaign, ada: User) -> None:
    begin()
    for _ in range(2):
        settle()
        go_on()
    with schema_context("public"):
        with pytest.raises(keys.KeyInUse):
            keys.destroy("acme", 1, purpose="index", now=timezone.now())
        settle()
        run("rotate", "--index", "--resume", "--tenant", "acme")
        with pytest.raises(keys.KeyInUse, match="active"):
            keys.destroy("acme", 2, purpose="index", now=timezone.now())
        gone = run("destroy", "--tenant", "acme", "--purpose", "index", "--version", "1")

    assert gone["state"] == "destroyed"
    assert services.find_by_email(BO.email).exists()
    of_it = AuditEntry.objects.filter(details__purpose="index", action__startswith="data_key").order_by("pk")
    told = [(one.action, one.details["version"]) for one in of_it if one.tenant == "acme"]
    assert told[-5:] == [
        ("data_key.created", 2),
        ("data_key.rotated", 2),
        ("data_key.retired", 1),
        ("data_key.emptied", 1),
        ("data_key.destroyed", 1),
    ]


@pytest.mark.parametrize("state", ["coming", "leaving"])
def test_a_key_that_digests_are_written_under_is_not_destroyed(draft: Campaign, state: str) -> None:
    begin()
    for _ in range(state == "leaving"):
        settle()
        go_on()
    version = DataKey.objects.of("acme", "index").get(state=state).version

    with schema_context("public"), pytest.raises(keys.KeyInUse):
        keys.destroy("acme", version, purpose="index", now=timezone.now())


def test_nobody_is_stored_while_one_of_two_keys_cannot_be_had(draft: Campaign, ada: User) -> None:
    coming = begin()
    with schema_context("public"):
        DataKey.objects.filter(pk=coming.pk).update(wrapped=b"lost" * 16)
    KEYRING.forget()

    with pytest.raises(crypto.KeyAway):
        services.create_stakeholder(DI, acting_user=ada, now=timezone.now())


@pytest.mark.thorough
def test_a_device_stays_known_and_counters_of_attempts_begin_anew(draft: Campaign, ada: User, rf: Any) -> None:
    before = accounts_counter(ada)
    request, response = rf.get("/"), HttpResponse()
    devices.remember(response, request, ada.email)
    request.COOKIES = {name: one.value for name, one in response.cookies.items()}
    known = devices.known(request, ada.email)

    replace()

    assert known == devices.known(request, ada.email) != ""
    assert accounts_counter(ada) != before


def accounts_counter(user: User) -> str:
    from apps.accounts import throttle

    return throttle.digest_of(user.email)


def test_it_is_not_due_within_a_day_of_an_upgrade_nor_while_one_is_under_way(db: None) -> None:
    upgraded = MigrationRecorder.Migration.objects.latest("applied").applied
    DataKey.objects.of("acme", "index").update(created_at=upgraded - rotating.EVERY)
    a_day_later = upgraded + rotating.UPGRADED_WITHIN

    assert not rotating.is_due("acme", "index", now=a_day_later - timedelta(seconds=1))
    assert rotating.is_due("acme", "index", now=a_day_later)
    begin()
    assert not rotating.is_due("acme", "index", now=a_day_later)


@pytest.mark.thorough
def test_the_scheduler_does_it_every_ninety_days_but_not_within_a_day_of_an_upgrade(
    draft: Campaign, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "ROTATED", ("index",))
    clock.moment = DataKey.objects.of("acme", "index").get().created_at + rotating.EVERY
    with schema_context("public"):
        with monkeypatch.context() as patch:
            patch.setattr(rotating, "UPGRADED_WITHIN", timedelta(days=1000))
            tasks._tend("acme")
        seen = [states()]
        for _ in range(5):
            tasks._tend("acme")
            seen.append(states())
            settle()

    assert seen == [("active",), *STEPS, STEPS[3]]
    assert digests() == {(False, True)}
