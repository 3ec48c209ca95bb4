"""Whoever runs a campaign makes, renames and sees stakeholders with the right to stakeholders, and not without."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.models import Grant, Role, User
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.services import create_campaign
from apps.campaigns.tests.story import Clock, make_version
from apps.core import turns
from apps.core.errors import Invalid
from apps.models.services import create_subject

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
HOST = {"host": "acme.localhost"}
RUNS = ("campaigns:tenant:read", "campaigns:tenant:update")
Person = Callable[..., User]


@pytest.fixture
def person(acme: Any, clock: Clock) -> Person:
    def make(*permissions: str) -> User:
        code = f"r{Role.objects.count()}"
        role = Role.objects.create(code=code, name=code, permissions=list(permissions))
        user = User.objects.create(email=f"{code}@acme.example", created_at=clock.moment)
        Grant.objects.create(user=user, role=role, granted_at=clock.moment)
        return User.objects.get(pk=user.pk)

    return make


def _browser(user: User) -> Client:
    browser = Client(headers=HOST)
    browser.force_login(user)
    return browser


def _add(user: User, campaign: Campaign, **body: Any) -> Any:
    url = f"/api/v1/campaigns/{campaign.pk}/participations/"
    return _browser(user).post(url, body, content_type="application/json")


@pytest.fixture
def bo(campaign: Campaign) -> Stakeholder:
    found = Stakeholder.objects.order_by("pk").first()
    assert found is not None
    return found


def test_without_the_right_to_make_stakeholders_nobody_learns_whether_an_address_is_known(
    draft: Campaign, bo: Stakeholder, person: Person
) -> None:
    user, before = person(*RUNS), Stakeholder.objects.count()

    known = _add(user, draft, name="RENAMED", email=bo.email)
    unknown = _add(user, draft, name="RENAMED", email="nobody@example.org")

    assert [one.status_code for one in (known, unknown)] == [403, 403]
    assert {**known.json(), "trace_id": ""} == {**unknown.json(), "trace_id": ""}
    assert Stakeholder.objects.count() == before
    assert not Stakeholder.objects.filter(pk__in=[one.pk for one in Stakeholder.objects.all() if one.name == "RENAMED"])


def test_who_may_make_but_not_change_stakeholders_renames_nobody_and_hears_nothing(
    draft: Campaign, bo: Stakeholder, person: Person
) -> None:
    added = _add(person(*RUNS, "stakeholders:tenant:create"), draft, name="RENAMED", email=bo.email)

    assert added.status_code == 201, added.content
    assert (added.json()["name"], added.json()["email"]) == ("", "")
    assert Stakeholder.objects.get(pk=bo.pk).name == bo.name
    assert draft.participations.filter(stakeholder=bo).exists()


def test_a_stakeholder_is_named_by_id_by_who_may_see_them(draft: Campaign, bo: Stakeholder, person: Person) -> None:
    blind = _add(person(*RUNS, "stakeholders:tenant:create"), draft, stakeholder=str(bo.pk))
    seeing = _add(person(*RUNS, "stakeholders:tenant:read"), draft, stakeholder=str(bo.pk))

    assert (blind.status_code, blind.json()["errors"][0]["code"]) == (422, "unknown")
    assert (seeing.status_code, seeing.json()["name"]) == (201, bo.name)


def test_the_list_of_a_campaign_names_people_to_who_may_see_them(
    campaign: Campaign, bo: Stakeholder, person: Person
) -> None:
    url = f"/api/v1/campaigns/{campaign.pk}/participations/"

    blind = _browser(person(*RUNS)).get(url).json()["results"]
    seeing = _browser(person(*RUNS, "stakeholders:tenant:read")).get(url).json()["results"]

    assert {one["name"] for one in blind} == {one["email"] for one in blind} == {""}
    assert bo.name in {one["name"] for one in seeing}


def test_pages_of_a_campaign_name_people_to_who_may_see_them(
    campaign: Campaign, bo: Stakeholder, person: Person
) -> None:
    part = campaign.participations.get(stakeholder=bo)
    blind, seeing = _browser(person(*RUNS)), _browser(person(*RUNS, "stakeholders:tenant:read"))

    for url in (f"/campaigns/{campaign.pk}/", f"/campaigns/{campaign.pk}/participations/{part.pk}/"):
        for personal in (bo.name, bo.email):
            assert personal not in blind.get(url).content.decode()
            assert personal in seeing.get(url).content.decode()
    bo.refresh_from_db()
    assert bo.name != "Name not shown"


def test_a_long_list_that_gets_no_turn_is_asked_for_again(
    draft: Campaign, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURNS", turns.Turns(1, 1, waiting=0, patience=0))
    browser = _browser(person("campaigns:tenant:manage", "stakeholders:tenant:manage"))

    with turns.TURNS.take("acme"):
        answer = browser.post(f"/campaigns/{draft.pk}/stakeholders/", {"stakeholders": "x\n" * 70_000})

    assert (answer.status_code, answer["Retry-After"]) == (429, "2")
    assert "wait 2 seconds" in answer.content.decode()


def test_the_page_adds_nobody_without_the_right_to_stakeholders(draft: Campaign, person: Person) -> None:
    form, before = {"stakeholders": "New Person, new@example.org"}, draft.participations.count()
    url = f"/campaigns/{draft.pk}/stakeholders/"

    refused = _browser(person("campaigns:tenant:manage")).post(url, form)

    assert refused.status_code == 403
    assert draft.participations.count() == before


def test_a_campaign_is_about_what_its_maker_may_see(person: Person, clock: Clock) -> None:
    version = make_version(clock.moment)
    subject = create_subject(code="quay", name="Quay", acting_user=None, now=clock.moment)
    asked: Any = {"name": "A", "version": version, "closes_at": clock.moment.replace(year=2031), "now": clock.moment}
    makes = ("campaigns:tenant:create", "campaigns:tenant:update")

    for hidden, sees in (("version", "subjects:tenant:read"), ("subject", "models:tenant:read")):
        with pytest.raises(Invalid) as refused:
            create_campaign(**asked, subject=subject, acting_user=person(*makes, sees))
        assert [one.pointer for one in refused.value.errors] == [f"/{hidden}"]
    able = person(*makes, "subjects:tenant:read", "models:tenant:read")
    assert create_campaign(**asked, subject=subject, acting_user=able).subject == subject


def test_the_right_to_close_one_campaign_closes_no_other_that_one_may_read(
    campaign: Campaign, person: Person, clock: Clock
) -> None:
    user, other = person("campaigns:tenant:read"), uuid4()
    closer = Role.objects.create(code="closer", name="C", permissions=["campaigns:campaign:close"])
    Grant.objects.create(user=user, role=closer, object_id=other, granted_at=clock.moment)

    refused = _browser(user).post(f"/campaigns/{campaign.pk}/close/")

    assert refused.status_code == 403
    assert Campaign.objects.get(pk=campaign.pk).status == Campaign.Status.OPEN


ACTIONS = ("read", "open", "close", "remind", "extend", "delete", "manage")


def test_a_button_takes_the_right_to_the_campaign_on_its_page(draft: Campaign, person: Person) -> None:
    """Whoever may do all that to campaigns of their own, and read the others, does nothing to these."""
    browser = _browser(person("campaigns:tenant:read", *(f"campaigns:own:{action}" for action in ACTIONS)))
    page = f"/campaigns/{draft.pk}/"
    one = f"{page}participations/{draft.participations.order_by('pk')[0].pk}/"
    buttons = [page + name for name in ("open/", "close/", "remind/", "extend/", "delete/")]
    buttons += [one + name for name in ("link/", "renew/", "revoke/", "remind/", "remove/")]

    assert [browser.get(page).status_code, browser.get(one).status_code] == [200, 200]
    assert [browser.post(button).status_code for button in buttons] == [403] * 10
    assert Campaign.objects.get(pk=draft.pk).status == Campaign.Status.DRAFT
