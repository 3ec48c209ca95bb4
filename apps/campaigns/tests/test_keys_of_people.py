"""Whoever is asked has a key: name, address and every message to them are under it, and are gone with it."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from apps.accounts.models import User
from apps.campaigns import links, services
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import BO, CY, Clock, Post, part_of, path_of
from apps.campaigns.tests.test_admin import admin  # noqa: F401  a fixture
from apps.campaigns.tests.test_outdated_messages import reminded, send_all  # noqa: F401  a fixture
from apps.core import crypto
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.notifications.models import Message
from apps.outreach import services as outreach

pytestmark = pytest.mark.requirement("SEC-DATA-001", "COMP-001")
TABLES = ("campaigns_stakeholder", "notifications_message")
MIGRATION: Any = import_module("apps.campaigns.migrations.0005_give_people_keys")


def stakeholder(contact: Contact = BO) -> Stakeholder:
    return services.find_by_email(contact.email).get()


def destroy(one: Stakeholder) -> None:
    assert keys.destroy_subject_keys([one.key.pk]) == 1


def stored(table: str) -> list[bytes]:
    texts = {"campaigns_stakeholder": "name, email", "notifications_message": "address, body"}[table]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {texts} FROM {table}")
        return [bytes(one) for row in cursor.fetchall() for one in row]


def said() -> dict[Any, tuple[str, str]]:
    people = {one.pk: (one.name, one.email) for one in Stakeholder.objects.all()}
    return people | {one.pk: (one.address, one.body) for one in Message.objects.select_related("key")}


def test_a_message_is_under_the_key_of_whom_it_is_to(reminded: Campaign) -> None:  # noqa: F811  the fixture
    bo, cy = stakeholder(), stakeholder(CY)

    assert len({bo.key_id, cy.key_id, None}) == 3
    for one in (bo, cy):
        part = one.participations.get()
        assert set(Message.objects.to([part.pk]).values_list("key", flat=True)) == {one.key_id}
    assert {one[:1] for table in TABLES for one in stored(table)} == {crypto.SEALED}
    assert keys.verify("acme").problems == []


def test_without_the_key_people_are_read_as_erased_wherever_they_are_shown(
    reminded: Campaign,  # noqa: F811  the fixture
    admin: Client,  # noqa: F811  the fixture
) -> None:
    bo = part_of(reminded, BO)
    destroy(bo.stakeholder)
    pages = [
        *(reverse("campaigns:detail", args=[reminded.pk]), reverse("campaigns:person", args=[reminded.pk, bo.pk])),
        *("/api/v1/stakeholders/", f"/api/v1/stakeholders/{bo.stakeholder_id}/", "/api/v1/messages/"),
        f"/api/v1/campaigns/{reminded.pk}/participations/",
        *("/api/v1/stakeholders/export/", "/admin/campaigns/stakeholder/", "/admin/notifications/message/"),
    ]
    for page in pages:
        shown = admin.get(page)
        assert shown.status_code == 200, page
        content = b"".join(shown) if shown.streaming else shown.content
        assert [one for one in (b"Bo Berg", b"bo@example.org") if one in content] == [], page
        assert "message" in page or b"Erased" in content, page


def test_nothing_is_sent_to_who_was_erased(
    reminded: Campaign,  # noqa: F811  the fixture
    clock: Clock,
    post: Post,
) -> None:
    """As where an old copy of the schema came back: it knows of open campaigns and messages that wait."""
    bo = part_of(reminded, BO)
    before = len(post.to(BO)), len(post.to(CY))
    destroy(bo.stakeholder)

    send_all(clock)
    outreach.remind(reminded, [links.LINKS.rows().get(pk=bo.pk)], day="another", now=clock.moment)

    assert (len(post.to(BO)), len(post.to(CY))) == (before[0], before[1] + 1)
    assert Message.objects.to([bo.pk]).filter(state=Message.State.QUEUED).count() == 0
    assert not Message.objects.filter(occasion="another").exists()


def test_the_link_of_who_was_erased_opens_nothing(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    destroy(stakeholder())

    assert visitor.get(bos_link).status_code == 410
    assert visitor.get(path_of(part_of(campaign, CY))).status_code == 200


def test_whose_row_is_deleted_is_read_as_erased_in_what_was_sent(
    reminded: Campaign,  # noqa: F811  the fixture
) -> None:
    bo = part_of(reminded, BO)
    with connection.cursor() as cursor:  # as a removal of the future might do it
        cursor.execute("DELETE FROM campaigns_participation WHERE id = %s", [bo.pk])
        cursor.execute("DELETE FROM campaigns_stakeholder WHERE id = %s", [bo.stakeholder_id])

    letters = Message.objects.to([bo.pk]).select_related("key")

    assert {(one.address, one.body, one.is_erased) for one in letters} == {("", "", True)}
    assert SubjectKey.objects.filter(secret__isnull=True).count() == 1


def test_people_and_messages_of_before_get_keys_and_can_be_given_back(
    reminded: Campaign,  # noqa: F811  the fixture
) -> None:
    before = said()
    with connection.schema_editor() as editor:
        MIGRATION.MESSAGES.backwards(None, editor)
        MIGRATION.PEOPLE.backwards(None, editor)
        assert not SubjectKey.objects.filter(secret__isnull=False).exists()
        assert {one[:1] for table in TABLES for one in stored(table)} == {bytes([crypto.VERSIONED])}
        assert said() == before
        assert keys.verify("acme").problems == []

        MIGRATION.PEOPLE.forwards(None, editor)
        MIGRATION.MESSAGES.forwards(None, editor)

    assert said() == before
    assert {one[:1] for table in TABLES for one in stored(table)} == {crypto.SEALED}
    assert SubjectKey.objects.count() == 2
    assert keys.verify("acme").problems == []


def test_what_does_not_decrypt_keeps_nobody_from_upgrading(draft: Campaign) -> None:
    with connection.schema_editor() as editor:
        MIGRATION.PEOPLE.backwards(None, editor)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE campaigns_stakeholder SET name = %s WHERE id = %s", [b"\x02spoilt", stakeholder().pk]
            )
        MIGRATION.PEOPLE.forwards(None, editor)

    assert (stakeholder().key_id, stakeholder(CY).name) == (None, "Cy Cole")
    with pytest.raises(crypto.Undecryptable):
        str(stakeholder().name)


def test_a_rotation_and_a_verification_know_what_is_under_whose_key(
    reminded: Campaign,  # noqa: F811  the fixture
    clock: Clock,
) -> None:
    before, kept = said(), stored("campaigns_stakeholder")
    with connection.cursor() as cursor:  # a row that a process of before has written
        cursor.execute(
            "UPDATE notifications_message SET key_id = NULL WHERE id = %s", [Message.objects.latest("pk").pk]
        )
    keyless = Message.objects.get(key=None)
    keyless.address, keyless.body = before[keyless.pk]
    keyless.save()

    with schema_context("public"):
        keys.rotate("acme", now=clock.moment)
    outcome = keys.reencrypt("acme")

    assert (outcome.left, outcome.failed) == (0, [])
    assert (said(), stored("campaigns_stakeholder")) == (before, kept)
    assert keys.verify("acme").problems == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_stakeholder SET email_index = %s WHERE id = %s", [b"x" * 16, stakeholder().pk])
    assert len(keys.verify("acme").problems) == 1


@pytest.mark.requirement("CAMP-001")
def test_many_people_get_their_keys_in_few_statements(
    draft: Campaign, ada: User, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    def add(count: int, name: str) -> None:
        many = [Contact(f"{name} {number}", f"{name}{number}@example.org") for number in range(count)]
        services.add_stakeholders(draft, many, acting_user=ada, now=clock.moment)

    with django_assert_max_num_queries(30):
        add(250, "few")
    assert Stakeholder.objects.filter(key=None).count() == 0
    assert SubjectKey.objects.count() == Stakeholder.objects.count() == 252


def test_whoever_adds_somebody_whom_another_has_just_added_leaves_no_key(
    draft: Campaign, ada: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes between the look at who is there and the writing."""
    give, contact, count = keys.give_keys, Contact("Di Dorn", "di@example.org"), SubjectKey.objects.count()

    def be_slower(rows: Any) -> None:
        monkeypatch.undo()
        services.create_stakeholder(contact, acting_user=ada, now=clock.moment)
        give(rows)

    monkeypatch.setattr(keys, "give_keys", be_slower)
    services.add_stakeholders(draft, [contact], acting_user=ada, now=clock.moment)

    assert part_of(draft, contact).stakeholder.name == "Di Dorn"
    assert SubjectKey.objects.count() == count + 1


def test_the_list_of_people_costs_the_same_for_one_as_for_many(
    reminded: Campaign,  # noqa: F811  the fixture
    staff: Client,
    django_assert_num_queries: Any,
) -> None:
    parts = list(links.LINKS.rows().order_by("pk"))
    messages = list(Message.objects.select_related("key"))
    with django_assert_num_queries(0):
        assert {one.stakeholder.name for one in parts} == {"Bo Berg", "Cy Cole"}
        assert all(one.body for one in messages)
    people = list(Stakeholder.objects.all())
    with django_assert_num_queries(0):
        assert {one.name for one in people} == {"Bo Berg", "Cy Cole"}
    assert Participation.objects.count() == 2
