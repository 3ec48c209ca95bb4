"""A draft is changed on its page; a person is corrected, reminded alone, or taken out."""

from typing import Any

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.tests.story import BO, CY, Clock, deliver_everything, part_of, path_of
from apps.models.models import ModelVersion, Response
from apps.models.services import save_answer
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("CAMP-001")


@pytest.fixture
def invited(campaign: Campaign, clock: Clock) -> Campaign:
    """The open campaign, with the invitations out."""
    deliver_everything(clock)
    return campaign


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_draft_is_changed_on_its_page(draft: Campaign, staff: Client) -> None:
    page = f"/campaigns/{draft.pk}/edit/"
    shown = staff.get(page)
    assert 'value="Spring check"' in text_of(shown)
    given = shown.context["form"].initial
    form = {
        "name": "Autumn check",
        "version": given["version"].pk,
        "subject": given["subject"].pk,
        "period": "2027",
        "closes_at": "2026-12-01T12:00",
        "introduction": "Once more.",
    }

    answer = staff.post(page, form)

    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.name, draft.period, draft.introduction) == ("Autumn check", "2027", "Once more.")
    assert AuditEntry.objects.filter(action="campaign.changed", object_id=str(draft.pk)).exists()


def test_an_open_campaign_keeps_what_people_were_told(campaign: Campaign, staff: Client) -> None:
    answer = staff.post(f"/campaigns/{campaign.pk}/edit/", {"name": "Other"}, follow=True)

    assert "Only a draft campaign can be changed" in text_of(answer)
    campaign.refresh_from_db()
    assert campaign.name == "Spring check"


def test_a_model_that_only_measures_is_not_offered(
    version: ModelVersion, staff: Client, measured: ModelVersion
) -> None:
    offered = {choice.pk for choice in staff.get("/campaigns/new/").context["form"].fields["version"].queryset}

    assert version.pk in offered
    assert measured.pk not in offered


@pytest.fixture
def measured(acme: Any, clock: Clock) -> ModelVersion:
    from apps.models import starters
    from apps.models.services import import_document, publish_version

    draft = import_document(starters.load("hdi"), acting_user=None, now=clock.moment)
    return publish_version(draft, acting_user=None, now=clock.moment)


def test_a_wrong_address_is_corrected_and_the_invitation_goes_out_again(
    invited: Campaign, staff: Client, visitor: Client
) -> None:
    campaign, bo = invited, part_of(invited, BO)
    old_link = path_of(bo)
    shown = text_of(staff.get(f"/campaigns/{campaign.pk}/participations/{bo.pk}/edit/"))
    assert '<input type="email" name="email"' in shown
    assert '<option value="de">Deutsch</option>' in shown
    form = {"name": "Bo Berg", "email": "bo.berg@example.org", "group": "Board", "language": "en"}

    answer = staff.post(f"/campaigns/{campaign.pk}/participations/{bo.pk}/edit/", form)

    assert answer.status_code == 302
    person = Stakeholder.objects.get(pk=bo.stakeholder_id)
    assert (person.email, person.group) == ("bo.berg@example.org", "Board")
    assert visitor.get(old_link).status_code in (404, 410)
    last = Message.objects.order_by("-pk").first()
    assert last is not None
    assert last.address == "bo.berg@example.org"


def test_an_address_that_is_anothers_is_refused(campaign: Campaign, staff: Client) -> None:
    bo = part_of(campaign, BO)
    form = {"name": "Bo Berg", "email": CY.email.upper(), "group": "", "language": "en"}

    answer = staff.post(f"/campaigns/{campaign.pk}/participations/{bo.pk}/edit/", form)

    assert answer.status_code == 422
    assert Stakeholder.objects.get(pk=bo.stakeholder_id).email == BO.email


def test_one_person_is_reminded_once_a_day(invited: Campaign, staff: Client, ada: Any, clock: Clock) -> None:
    campaign, bo = invited, part_of(invited, BO)
    path = f"/campaigns/{campaign.pk}/participations/{bo.pk}/remind/"

    first, second = staff.post(path, follow=True), staff.post(path, follow=True)

    assert "A reminder is on its way" in text_of(first)
    assert "They have already been reminded today" in text_of(second)
    assert [one.address for one in Message.objects.filter(kind="reminder")] == [BO.email]
    services.remind_person(bo, acting_user=ada, now=clock.forward(days=1))
    assert Message.objects.filter(kind="reminder").count() == 2


def test_whoever_has_not_begun_is_taken_out(campaign: Campaign, staff: Client, visitor: Client) -> None:
    bo = part_of(campaign, BO)
    link, response = path_of(bo), bo.response
    assert response is not None

    answer = staff.post(f"/campaigns/{campaign.pk}/participations/{bo.pk}/remove/", follow=True)

    assert "no longer takes part" in text_of(answer)
    assert not Participation.objects.filter(pk=bo.pk).exists()
    assert not Response.objects.filter(pk=response.pk).exists()
    assert visitor.get(link).status_code == 404
    assert Stakeholder.objects.filter(pk=bo.stakeholder_id).exists()


def test_answers_that_were_given_stay(campaign: Campaign, ada: Any, clock: Clock) -> None:
    bo = part_of(campaign, BO)
    assert bo.response is not None
    save_answer(bo.response, "P1", 2, answered_at=clock.moment, now=clock.moment)

    with pytest.raises(services.PersonHasAnswered):
        services.remove_person(bo, acting_user=ada, now=clock.moment)


def test_who_was_taken_out_is_not_reminded(invited: Campaign, ada: Any, clock: Clock) -> None:
    bo = part_of(invited, BO)
    services.remind_person(bo, acting_user=ada, now=clock.moment)

    services.remove_person(bo, acting_user=ada, now=clock.moment)

    assert {one.state for one in Message.objects.filter(kind="reminder")} == {"cancelled"}
