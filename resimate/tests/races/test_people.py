"""Several at once open, close, invite, revoke and grant."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.accounts.services.forgotten import token_for
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.tests.story import BO, CY, DOCUMENT, make_user, part_of
from apps.core import jobs
from apps.core.fields import new_id
from apps.core.models import Job
from apps.elicitation import services as elicitation
from apps.elicitation.models import Judgement
from apps.elicitation.tests import story
from apps.models import services as models
from apps.models.models import ModelVersion
from apps.notifications import services as notifications
from apps.notifications.models import Message
from resimate.tests.races.harness import race


@pytest.fixture
def draft(ada: User, now: datetime) -> Campaign:
    document = {**DOCUMENT, "code": f"harbour_{new_id().hex}"}
    version = models.import_document(document, acting_user=None, now=now)
    campaign = services.create_campaign(
        name="Check",
        version=models.publish_version(version, acting_user=None, now=now),
        subject=models.create_subject(code=f"s{new_id().hex}", name="Harbour", acting_user=ada, now=now),
        closes_at=now + timedelta(days=14),
        acting_user=ada,
        now=now,
    )
    services.add_stakeholders(campaign, [BO, CY], acting_user=ada, now=now)
    return campaign


@pytest.fixture
def campaign(draft: Campaign, ada: User, now: datetime) -> Campaign:
    return services.open_campaign(draft, acting_user=ada, now=now)


def test_a_campaign_is_opened_once(draft: Campaign, ada: User, now: datetime) -> None:
    first, second = race(*[lambda: services.open_campaign(draft, acting_user=ada, now=now)] * 2)

    assert (first.code, second.code, second.waited) == ("", "campaign_not_ready", True)
    assert Participation.objects.filter(campaign=draft).values("response").distinct().count() == 2


def test_a_campaign_is_not_opened_on_a_version_that_was_retired_while_it_waited(
    draft: Campaign, ada: User, now: datetime
) -> None:
    def retire() -> None:
        """Whoever retires the version has the campaign's row in the same transaction."""
        services.change_campaign(draft, {"name": "Other"}, acting_user=ada, now=now)
        models.retire_version(ModelVersion.objects.get(pk=draft.version_id), acting_user=None, now=now)

    _, opening = race(retire, lambda: services.open_campaign(draft, acting_user=ada, now=now))

    assert (opening.code, opening.waited) == ("campaign_not_ready", True)


def test_answers_that_are_handed_in_while_the_campaign_closes_are_refused(
    campaign: Campaign, ada: User, now: datetime
) -> None:
    response = part_of(campaign, BO).response
    assert response is not None

    closing, late = race(
        lambda: services.close_campaign(campaign, acting_user=ada, now=now), lambda: models.submit(response, now=now)
    )

    assert (closing.code, late.code, late.waited) == ("", "assessment_locked", True)


def test_a_person_does_not_send_their_answers_while_the_campaign_closes(
    campaign: Campaign, ada: User, now: datetime
) -> None:
    bo = part_of(campaign, BO)

    _, late = race(
        lambda: services.close_campaign(campaign, acting_user=ada, now=now),
        lambda: services.send_answers(bo, now=now),
    )

    assert (late.code, late.waited) == ("assessment_locked", True)
    assert not AuditEntry.objects.filter(action="participation.answers_sent", object_id=str(bo.pk)).exists()


def test_nobody_is_invited_to_a_campaign_that_is_being_closed(campaign: Campaign, ada: User, now: datetime) -> None:
    _, inviting = race(
        lambda: services.close_campaign(campaign, acting_user=ada, now=now),
        lambda: services.invite_next_batch(campaign.pk, now=now),
    )

    assert (inviting.result, inviting.waited) == (0, True)
    assert not Message.objects.filter(about_id=campaign.pk).exists()


def test_whoever_waits_for_a_campaign_has_locked_none_of_its_people(
    campaign: Campaign, ada: User, now: datetime
) -> None:
    """Who adds people locks the campaign, then whom they rename: the other way round, each would wait for the other."""
    di = services.create_stakeholder(
        services.Contact("Di Dorn", f"di-{new_id()}@example.org"), acting_user=ada, now=now
    )
    services.add_stakeholders(campaign, [], known=[di], acting_user=ada, now=now)

    def change(**changes: str) -> Stakeholder:
        return services.change_stakeholder(di, changes, acting_user=ada, now=now)

    _, moving, renaming = race(
        lambda: services.add_stakeholders(campaign, [CY], acting_user=ada, now=now),
        lambda: change(email=f"dora-{new_id()}@example.org"),
        lambda: change(name="Dora Dorn"),
    )

    assert (moving.code, moving.waited) == ("", True)
    assert (renaming.code, renaming.waited) == ("", False)


def test_nobody_is_invited_whose_link_is_being_withdrawn(campaign: Campaign, ada: User, now: datetime) -> None:
    bo = part_of(campaign, BO)

    _, inviting = race(
        lambda: services.revoke_link(bo, acting_user=ada, now=now),
        lambda: services.invite_next_batch(campaign.pk, now=now),
    )

    assert (inviting.result, inviting.waited) == (1, True)
    assert not notifications.messages_to(bo.about, bo.pk).exists()


def test_a_link_that_is_renewed_twice_is_two_versions_on(campaign: Campaign, ada: User, now: datetime) -> None:
    bo = part_of(campaign, BO)

    outcomes = race(*[lambda: services.renew_link(bo, acting_user=ada, now=now)] * 2)

    assert [one.code for one in outcomes] == ["", ""]
    assert Participation.objects.get(pk=bo.pk).link_version == 3


def test_no_new_link_for_a_campaign_that_is_being_closed(campaign: Campaign, ada: User, now: datetime) -> None:
    bo = part_of(campaign, BO)

    _, renewing = race(
        lambda: services.close_campaign(campaign, acting_user=ada, now=now),
        lambda: services.renew_link(bo, acting_user=ada, now=now),
    )

    assert (renewing.code, renewing.waited) == ("link_not_renewable", True)


def test_a_message_that_is_being_cancelled_is_not_claimed(campaign: Campaign, now: datetime) -> None:
    services.invite_next_batch(campaign.pk, now=now)
    bo = part_of(campaign, BO)
    [message] = notifications.messages_to(bo.about, bo.pk)

    _, claiming = race(
        lambda: notifications.cancel(bo.about, bo.pk, now=now),
        lambda: notifications._claim([str(message.pk)], now),
    )

    assert claiming.result == []
    assert Message.objects.get(pk=message.pk).state == Message.State.CANCELLED


def test_of_two_who_choose_a_password_by_one_link_the_second_comes_too_late(ada: User, now: datetime) -> None:
    token = token_for(ada)
    passwords = "quite another lot of words", "yet another lot of words"

    first, second = race(*[lambda one=one: accounts.choose_password(token, password=one, now=now) for one in passwords])

    assert (first.code, second.code, second.waited) == ("", "reset_link_used_up", True)
    assert User.objects.get(pk=ada.pk).check_password(passwords[0])


def test_the_last_administrator_stays_when_two_revoke_each_other(ada: User, now: datetime) -> None:
    other = make_user(f"bea-{new_id()}@acme.example", now, "tenant_admin")
    Grant.objects.exclude(user__in=[ada, other]).delete()
    grants = [Grant.objects.get(user=user) for user in (ada, other)]

    first, second = race(*[lambda one=one: accounts.revoke_grant(one, acting_user=None, now=now) for one in grants])

    assert (first.code, second.code, second.waited) == ("", "last_administrator", True)


def test_a_role_that_is_deleted_while_it_is_granted_is_gone_without_a_fault(ada: User, now: datetime) -> None:
    role = Role.objects.create(code=f"r{new_id().hex[:20]}", name="R", permissions=["campaigns:tenant:read"])

    _, granting = race(
        lambda: accounts.delete_role(role, acting_user=None, now=now),
        lambda: accounts.grant_role(ada, role, acting_user=None, now=now),
    )

    assert (granting.code, granting.waited) == ("not_found", True)


def test_a_key_that_is_revoked_twice_is_on_record_once(ada: User, now: datetime) -> None:
    key, _ = accounts.create_api_key(ada, name="k", now=now)

    outcomes = race(*[lambda: accounts.revoke_api_key(key, acting_user=None, now=now)] * 2)

    assert [one.code for one in outcomes] == ["", ""]
    assert outcomes[1].waited
    assert ApiKey.objects.get(pk=key.pk).revoked_at == now
    assert AuditEntry.objects.filter(action="api_key.revoked", object_id=str(key.pk)).count() == 1


def test_a_job_is_cancelled_once(ada: User, now: datetime) -> None:
    job = Job.objects.create(kind="calculation", parameters={}, requested_by=ada.pk, created_at=now)

    outcomes = race(*[lambda: jobs.cancel(job, now=now)] * 2)

    assert [one.code for one in outcomes] == ["", "job_has_ended"]


@pytest.fixture
def asked(ada: User, now: datetime) -> Any:
    """An open elicitation."""
    document = {**story.DOCUMENT, "code": f"harbour_{new_id().hex}"}
    made = elicitation.create_elicitation(
        name="What matters",
        version=models.import_document(document, acting_user=ada, now=now),
        method="budget_allocation",
        nodes=("all",),
        acting_user=ada,
        now=now,
    )
    elicitation.add_experts(made, [story.BO], acting_user=ada, now=now)
    return elicitation.open_elicitation(made, acting_user=ada, now=now)


def test_judgements_that_are_sent_while_the_elicitation_closes_are_refused(
    asked: Any, ada: User, now: datetime
) -> None:
    person = story.expert(asked, story.BO)
    elicitation.save_judgement(person, asked.asked[0], {"points": story.POINTS["all"]}, seen=None, now=now)

    _, late = race(
        lambda: elicitation.close_elicitation(asked, acting_user=ada, now=now),
        lambda: elicitation.send_judgements(person, now=now),
    )

    assert (late.code, late.waited) == ("elicitation_not_ready", True)


def test_what_is_sent_is_what_was_saved_last(asked: Any, now: datetime) -> None:
    person, node = story.expert(asked, story.BO), asked.asked[0]
    elicitation.save_judgement(person, node, {"points": story.POINTS["all"]}, seen=None, now=now)
    last = {"points": story.OTHER_POINTS["all"]}

    _, sending = race(
        lambda: elicitation.save_judgement(person, node, last, seen=None, now=now),
        lambda: elicitation.send_judgements(person, now=now),
    )

    assert (sending.code, sending.waited) == ("", True)
    assert Judgement.objects.get(expert=person, node=node.code).sent == last


def test_no_new_link_for_an_elicitation_that_is_being_closed(asked: Any, ada: User, now: datetime) -> None:
    person = story.expert(asked, story.BO)

    _, renewing = race(
        lambda: elicitation.close_elicitation(asked, acting_user=ada, now=now),
        lambda: elicitation.renew_link(person, acting_user=ada, now=now),
    )

    assert (renewing.code, renewing.waited) == ("elicitation_not_ready", True)


def test_an_elicitation_does_not_open_on_a_draft_that_was_published_while_it_waited(
    asked: Any, ada: User, now: datetime
) -> None:
    made = elicitation.create_elicitation(
        name="Again", version=asked.version, method="budget_allocation", nodes=("all",), acting_user=ada, now=now
    )
    elicitation.add_experts(made, [story.BO], acting_user=ada, now=now)

    def publish() -> None:
        elicitation.change_elicitation(made, {"name": "Other"}, acting_user=ada, now=now)
        models.publish_version(made.version, acting_user=None, now=now)

    _, opening = race(publish, lambda: elicitation.open_elicitation(made, acting_user=ada, now=now))

    assert (opening.code, opening.waited) == ("version_not_draft", True)


def test_of_two_devices_that_save_at_once_the_second_is_told_of_the_first(asked: Any, now: datetime) -> None:
    person, node = story.expert(asked, story.BO), asked.asked[0]
    first, second = {"points": story.POINTS["all"]}, {"points": story.OTHER_POINTS["all"]}
    begun, _ = elicitation.save_judgement(person, node, {"points": {}}, seen=None, now=now)
    seen = begun.saved_at.isoformat()

    def save(value: dict[str, Any], minutes: int) -> Any:
        later = now + timedelta(minutes=minutes)
        kept, is_saved = elicitation.save_judgement(person, node, value, seen=seen, now=later)
        return kept.value, is_saved

    outcomes = race(lambda: save(first, 1), lambda: save(second, 2))

    assert [one.result for one in outcomes] == [(first, True), (first, False)]


def test_weights_are_not_applied_to_a_draft_that_was_changed_while_they_waited(
    asked: Any, ada: User, now: datetime
) -> None:
    story.judge(asked, story.BO, {"all": story.POINTS["all"]}, now)
    elicitation.close_elicitation(asked, acting_user=ada, now=now)
    draft = ModelVersion.objects.get(pk=asked.version_id)
    other = story.changed(draft.document)

    _, applying = race(
        lambda: models.update_draft(draft, other, acting_user=ada, now=now),
        lambda: elicitation.apply_weights(asked, acting_user=ada, now=now),
    )

    assert (applying.code, applying.waited) == ("nodes_changed", True)
    assert ModelVersion.objects.get(pk=draft.pk).document == other


@pytest.fixture
def di(campaign: Campaign, ada: User, now: datetime) -> Stakeholder:
    """Somebody who takes part, and was invited."""
    contact = services.Contact("Di Dorn", f"di-{new_id()}@example.org")
    services.add_stakeholders(campaign, [contact], acting_user=ada, now=now)
    services.invite_next_batch(campaign.pk, now=now)
    return services.find_by_email(contact.email).get()


@pytest.mark.requirement("COMP-001")
def test_nobody_is_reminded_who_is_being_erased(
    campaign: Campaign,
    di: Stakeholder,
    ada: User,
    now: datetime,
) -> None:
    day = f"{now + timedelta(days=1):%Y-%m-%d}"

    erasing, reminding = race(
        lambda: services.erase_stakeholder(di, acting_user=ada, now=now),
        lambda: services.remind_next_batch(campaign.pk, day=day, after="", now=now + timedelta(days=1)),
    )

    assert (erasing.code, reminding.code, reminding.waited) == ("", "", True)
    reminded = set(Message.objects.filter(occasion=day).values_list("recipient_id", flat=True))
    assert reminded == {part_of(campaign, one).pk for one in (BO, CY)}


@pytest.mark.requirement("COMP-001")
def test_who_is_being_erased_is_changed_no_more_and_erased_once(di: Stakeholder, ada: User, now: datetime) -> None:
    erasing, changing, again = race(
        lambda: services.erase_stakeholder(di, acting_user=ada, now=now),
        lambda: services.change_stakeholder(di, {"name": "Dora"}, acting_user=ada, now=now),
        lambda: services.erase_stakeholder(di, acting_user=ada, now=now),
    )

    assert (erasing.code, changing.code, again.code) == ("", "erased", "")
    assert (changing.waited, again.waited) == (True, True)
    assert AuditEntry.objects.filter(action="stakeholder.erased", object_id=str(di.pk)).count() == 1


@pytest.mark.requirement("COMP-001")
def test_who_takes_part_in_nothing_is_erased_once(ada: User, now: datetime) -> None:
    """No campaign is there for the second to wait for."""
    contact = services.Contact("Di Dorn", f"di-{new_id()}@example.org")
    person = services.create_stakeholder(contact, acting_user=ada, now=now)

    first, second = race(
        lambda: services.erase_stakeholder(person, acting_user=ada, now=now),
        lambda: services.erase_stakeholder(person, acting_user=ada, now=now),
    )

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert AuditEntry.objects.filter(action="stakeholder.erased", object_id=str(person.pk)).count() == 1


@pytest.mark.requirement("COMP-001")
def test_an_expert_is_erased_once_and_gets_no_new_link_meanwhile(asked: Any, ada: User, now: datetime) -> None:
    person = story.expert(asked, story.BO)

    erasing, again, renewing = race(
        lambda: elicitation.erase_expert(person, acting_user=ada, now=now),
        lambda: elicitation.erase_expert(person, acting_user=ada, now=now),
        lambda: elicitation.renew_link(person, acting_user=ada, now=now),
    )

    assert (erasing.code, again.code, renewing.code) == ("", "", "erased")
    assert (again.waited, renewing.waited) == (True, True)
    assert AuditEntry.objects.filter(action="expert.erased", object_id=str(person.pk)).count() == 1
