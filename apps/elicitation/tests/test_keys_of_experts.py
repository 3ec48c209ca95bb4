"""Each expert has a key, and so have the messages to them: without it they are read as erased, and nothing is sent."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core import crypto
from apps.elicitation import links, services
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.tests.story import BO, CY, POINTS, expert, judge
from apps.elicitation.tests.test_outdated_messages import reminded, wanted  # noqa: F401  a fixture
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-DATA-001", "COMP-001")
MIGRATION: Any = import_module("apps.elicitation.migrations.0003_give_people_keys")


def test_without_their_key_experts_are_erased_and_get_nothing(
    reminded: WeightElicitation,  # noqa: F811  the fixture
    staff: Client,
    now: Any,
) -> None:
    bo = expert(reminded, BO)
    judge(reminded, BO, POINTS, now)
    path = links.url_for(bo, "")
    assert keys.destroy_subject_keys([bo.key.pk]) == 1

    for page in (f"/elicitations/{reminded.pk}/", f"/elicitations/{reminded.pk}/experts/{bo.pk}/"):
        shown = staff.get(page)
        assert (shown.status_code, b"Erased" in shown.content, b"bo@" in shown.content) == (200, True, False)
    assert staff.get(path).status_code == 410
    assert {address for address, _ in wanted(now)} == {CY.email}


def test_experts_and_messages_of_before_get_keys_and_can_be_given_back(
    reminded: WeightElicitation,  # noqa: F811  the fixture
) -> None:
    def said() -> dict[Any, tuple[str, str]]:
        people = {one.pk: (one.name, one.email) for one in Expert.objects.all()}
        return people | {one.pk: (one.address, one.body) for one in Message.objects.select_related("key")}

    before = said()
    with connection.schema_editor() as editor:
        MIGRATION.MESSAGES.backwards(None, editor)
        MIGRATION.PEOPLE.backwards(None, editor)
        assert (SubjectKey.objects.count(), said()) == (0, before)
        MIGRATION.PEOPLE.forwards(None, editor)
        MIGRATION.MESSAGES.forwards(None, editor)

    assert said() == before
    assert not Expert.objects.filter(key=None).exists()
    assert not Message.objects.filter(key=None).exists()
    assert keys.verify("acme").problems == []


def test_messages_to_an_expert_who_is_taken_out_are_erased(
    reminded: WeightElicitation,  # noqa: F811  the fixture
) -> None:
    bo = expert(reminded, BO)

    Expert.objects.filter(pk=bo.pk).delete()

    assert {one.body for one in Message.objects.to([bo.pk]).select_related("key")} == {""}


def test_an_expert_is_erased_by_one_verb_and_what_was_judged_stays(
    reminded: WeightElicitation,  # noqa: F811  the fixture
    ana: User,
    now: Any,
) -> None:
    judge(reminded, BO, POINTS, now)
    bo = services.erase_expert(expert(reminded, BO), acting_user=ana, now=now)

    assert (bo.name, bo.email, bo.is_erased, bo.revoked_at) == ("Erased", "", True, now)
    assert bo.judgements.filter(sent__isnull=False).exists()
    assert {address for address, _ in wanted(now)} == {CY.email}
    services.erase_expert(bo, acting_user=ana, now=now)
    assert AuditEntry.objects.filter(action="expert.erased").count() == 1
    with pytest.raises(crypto.Erased):
        services.renew_link(bo, acting_user=ana, now=now)
    with pytest.raises(crypto.Erased):
        services.show_link(bo, acting_user=ana, now=now)
    again = services.add_experts(reminded, [BO], acting_user=ana, now=now)
    assert [(one.name, one.pk == bo.pk) for one in again] == [(BO.name, False)]
    assert keys.verify("acme").problems == []


def test_an_expert_whose_link_was_withdrawn_before_was_so_before(
    reminded: WeightElicitation,  # noqa: F811  the fixture
    ana: User,
    now: Any,
) -> None:
    bo = services.revoke_link(expert(reminded, BO), acting_user=ana, now=now)

    erased = services.erase_expert(bo, acting_user=ana, now=now + timedelta(days=1))

    assert (erased.is_erased, erased.revoked_at) == (True, now)


def test_programs_erase_experts(
    reminded: WeightElicitation,  # noqa: F811  the fixture
    staff: Client,
) -> None:
    path = f"/api/v1/weight-elicitations/{reminded.pk}/experts/{expert(reminded, BO).pk}/erase/"

    answer = staff.post(path, content_type="application/json")

    assert (answer.status_code, answer.json()["name"], answer.json()["erased"]) == (200, "Erased", True)
