"""The workspace: home, the list, the form, and watching and steering a campaign."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import Grant, Role, User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import (
    BO,
    CY,
    HOST,
    Clock,
    Post,
    deliver_everything,
    make_user,
    make_version,
    others_send,
    part_of,
    path_of,
    send,
)
from apps.core.clock_times import short as moment_short
from apps.core.tests.pages import as_read
from apps.models import starters
from apps.models.models import ModelVersion, Subject

pytestmark = pytest.mark.requirement("CAMP-001")


def sign_in(user: User) -> Client:
    browser = Client(headers=HOST)
    browser.force_login(user)
    return browser


def form(version: ModelVersion, clock: Clock, **more: Any) -> dict[str, Any]:
    return {
        "name": "Autumn check",
        "version": str(version.pk),
        "new_subject": "City Hall",
        "closes_at": (clock.moment + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
        "introduction": "Because.",
        "stakeholders": "Bo, bo@example.org, Staff",
        **more,
    }


@pytest.mark.parametrize("page", ["/", "/campaigns/", "/campaigns/new/"])
def test_strangers_are_sent_to_sign_in(acme: Any, page: str) -> None:
    response = Client().get(page, headers=HOST)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/?next=")


def test_an_empty_workspace_says_what_to_do_first(staff: Client, version: ModelVersion) -> None:
    home = staff.get("/").content.decode()

    assert "No campaign is running" in home
    assert 'href="/campaigns/new/"' in home
    assert "No campaign yet" in staff.get("/campaigns/").content.decode()


def test_without_a_published_model_the_first_step_is_the_model(staff: Client, clock: Clock) -> None:
    home = staff.get("/").content.decode()

    assert "No published resilience model yet" in home
    assert 'class="button" href="/models/"' in home
    for path in ("/campaigns/", "/campaigns/new/"):
        page = staff.get(path).content.decode()
        assert "A campaign asks the questions of a published resilience model." in page
        assert 'class="button" href="/models/"' in page
        assert ('href="/campaigns/new/"' in page, 'name="version"' in page) == (False, False)
    make_version(clock.moment, starters.load("hdi"))  # one that is measured asks nobody
    assert "No published resilience model yet" in staff.get("/campaigns/new/").content.decode()


def test_the_home_page_shows_running_campaigns_and_the_latest_scores(
    campaign: Campaign, bos_link: str, visitor: Client, staff: Client, clock: Clock
) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3", "q-P2": "3"})
    visitor.post(f"{bos_link}check/", {"confirmed": "yes"})
    others_send(campaign, 9, {"P1": 3, "P2": 3}, clock.moment)
    deliver_everything(clock)

    home = staff.get("/").content.decode()

    assert "Spring check" in home
    assert "10 of 11" in home
    assert "100.0" in home
    assert f"/campaigns/{campaign.pk}/results/" in home


def test_a_campaign_is_made_from_the_form(staff: Client, version: ModelVersion, clock: Clock) -> None:
    response = staff.post("/campaigns/new/", form(version, clock), follow=True)

    made = Campaign.objects.get()
    assert response.redirect_chain[-1][0] == f"/campaigns/{made.pk}/"
    assert made.status == Campaign.Status.DRAFT
    assert made.subject.name == "City Hall"
    assert made.subject.code == "city-hall"
    assert made.participations.count() == 1
    assert made.closes_at == clock.moment + timedelta(days=3)


def test_people_come_from_lines_and_a_file_together(staff: Client, version: ModelVersion, clock: Clock) -> None:
    upload = SimpleUploadedFile("people.csv", b"Name;E-Mail;Group\nCy;cy@example.org;Board\n")

    staff.post("/campaigns/new/", form(version, clock, file=upload))

    assert {part.stakeholder.email for part in Campaign.objects.get().participations.all()} == {BO.email, CY.email}


def test_a_wrong_form_says_where_and_loses_nothing(staff: Client, version: ModelVersion, clock: Clock) -> None:
    wrong = form(version, clock, stakeholders="Bo, bo@example.org\nCy, nonsense", closes_at="2020-01-01T00:00")

    response = staff.post("/campaigns/new/", wrong)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Line 2:" in page
    assert "Choose a time in the future." in page
    assert 'href="#id_stakeholders"' in page
    assert "Cy, nonsense" in page
    assert 'value="Autumn check"' in page
    assert not Campaign.objects.exists()
    assert not Subject.objects.exists()


def test_a_model_that_is_only_measured_is_refused_at_once(staff: Client, clock: Clock) -> None:
    measured = make_version(clock.moment, starters.load("hdi"))

    response = staff.post("/campaigns/new/", form(measured, clock))

    assert response.status_code == 422
    assert "Choose a published model that asks questions." in response.content.decode()
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("both", [True, False])
def test_a_campaign_has_one_subject(
    staff: Client, version: ModelVersion, harbour: Subject, clock: Clock, both: bool
) -> None:
    subjects = {"subject": str(harbour.pk)} if both else {"new_subject": ""}

    response = staff.post("/campaigns/new/", form(version, clock, **subjects))

    assert response.status_code == 422
    assert "Choose a subject, or name a new one." in response.content.decode()


def test_the_monitor_shows_how_far_everybody_is(
    campaign: Campaign, bos_link: str, visitor: Client, staff: Client, clock: Clock, post: Post
) -> None:
    deliver_everything(clock)
    visitor.get(bos_link)

    page = as_read(staff.get(f"/campaigns/{campaign.pk}/").content.decode())

    for said in (
        "Bo Berg",
        "cy@example.org",
        "Management",
        "Opened",
        "Invited",
        "Invitation · Sent",
        "0 of 2 have sent",
    ):
        assert said in page
    assert 'hx-trigger="every 10s"' in page


def test_the_monitors_refresh_is_the_same_fragment(campaign: Campaign, staff: Client) -> None:
    fragment = as_read(staff.get(f"/campaigns/{campaign.pk}/", headers={"HX-Request": "true"}).content.decode())

    assert "<html" not in fragment
    assert fragment.startswith('<section id="monitor"')


def test_a_reminder_is_offered_while_somebody_has_not_sent(campaign: Campaign, staff: Client, clock: Clock) -> None:
    remind = f"/campaigns/{campaign.pk}/remind/"
    waiting = [BO, CY]
    while waiting:
        assert remind in staff.get(f"/campaigns/{campaign.pk}/").content.decode()
        send(part_of(campaign, waiting.pop()), {"P1": 3}, clock.moment)

    assert remind not in staff.get(f"/campaigns/{campaign.pk}/").content.decode()


def test_a_closed_campaign_is_polled_no_more(campaign: Campaign, staff: Client) -> None:
    staff.post(f"/campaigns/{campaign.pk}/close/")

    page = staff.get(f"/campaigns/{campaign.pk}/").content.decode()

    assert "every 10s" not in page
    assert "Close the campaign" not in page


def test_a_campaign_is_steered_from_its_page(draft: Campaign, staff: Client, clock: Clock, post: Post) -> None:
    def act(verb: str, data: dict[str, str] | None = None) -> str:
        return staff.post(f"/campaigns/{draft.pk}/{verb}/", data or {}, follow=True).content.decode()

    assert "The invitations are on their way." in act("open")
    assert "Only a draft campaign can be opened." in act("open")
    deliver_everything(clock)
    assert "2 people will get a reminder." in act("remind")
    assert "reminders are on their way" in act("remind")
    deliver_everything(clock)
    assert "already been reminded today" in act("remind")
    later = (draft.closes_at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert "has a new closing date" in act("extend", {"closes_at": later})
    assert "must be in the future and later" in act("extend", {"closes_at": later})
    assert "Choose a day and a time." in act("extend", {"closes_at": "soon"})
    assert "final score" in act("close")


def test_people_are_added_on_a_page_of_their_own(campaign: Campaign, staff: Client) -> None:
    url = f"/campaigns/{campaign.pk}/stakeholders/"

    assert staff.post(url, {"stakeholders": ""}).status_code == 422
    added = staff.post(url, {"stakeholders": "Di, di@example.org\nBo Berg, bo@example.org"}, follow=True)

    assert "1 person added." in added.content.decode()
    assert campaign.participations.count() == 3


def test_nobody_is_added_to_a_closed_campaign(campaign: Campaign, staff: Client, clock: Clock) -> None:
    services.close_campaign(campaign, acting_user=None, now=clock.moment)

    page = staff.post(f"/campaigns/{campaign.pk}/stakeholders/", {"stakeholders": "Di, di@example.org"})

    assert page.status_code == 422
    assert "You cannot add people to a closed campaign." in page.content.decode()
    assert campaign.participations.count() == 2


def test_a_link_is_shown_renewed_and_withdrawn(campaign: Campaign, staff: Client, visitor: Client) -> None:
    bo = part_of(campaign, BO)
    base = f"/campaigns/{campaign.pk}/participations/{bo.pk}"

    page = staff.get(f"{base}/").content.decode()
    assert "Bo Berg" in page
    assert path_of(bo) not in page
    assert path_of(bo) in staff.post(f"{base}/link/").content.decode()
    assert AuditEntry.objects.filter(action="participation.link_shown", object_id=str(bo.pk)).count() == 1
    staff.post(f"{base}/renew/")
    renewed = part_of(campaign, BO)
    assert renewed.link_version == 2
    staff.post(f"{base}/revoke/")
    assert visitor.get(path_of(renewed)).status_code == 410


def test_a_signed_in_stakeholder_sees_only_their_own_campaigns(campaign: Campaign, clock: Clock) -> None:
    user = make_user("bo@example.org", clock.moment, role="stakeholder")
    services.link_user(user.pk)
    browser = sign_in(user)

    home = browser.get("/").content.decode()

    assert "Your campaigns" in home
    assert path_of(part_of(campaign, BO)) in home
    assert path_of(part_of(campaign, CY)) not in home
    assert "Cy Cole" not in home
    for page in ("/campaigns/", f"/campaigns/{campaign.pk}/", f"/campaigns/{campaign.pk}/results/", "/campaigns/new/"):
        assert browser.get(page).status_code == 403
    assert browser.post(f"/campaigns/{campaign.pk}/close/").status_code == 403


def test_a_user_without_any_campaign_is_told_so(acme: Any, clock: Clock) -> None:
    user = make_user("nobody@example.org", clock.moment, role="stakeholder")

    assert "Nothing to answer right now" in sign_in(user).get("/").content.decode()


def test_a_user_without_a_role_is_told_who_gives_one(acme: Any, clock: Clock) -> None:
    user = make_user("nobody@example.org", clock.moment, role="stakeholder")
    user.grants.all().delete()

    home = sign_in(user).get("/").content.decode()

    assert "Your account has no role yet" in home
    assert "Nothing to answer right now" not in home


def test_a_grant_for_one_campaign_shows_that_one_alone(
    campaign: Campaign, version: ModelVersion, harbour: Subject, ada: User, clock: Clock
) -> None:
    other = services.create_campaign(
        name="Secret check",
        version=version,
        subject=harbour,
        closes_at=clock.moment + timedelta(days=1),
        acting_user=ada,
        now=clock.moment,
    )
    role = Role.objects.create(code="watcher", name="Watcher", permissions=["campaigns:campaign:read"])
    user = User.objects.create(email="eve@acme.example", created_at=clock.moment)
    Grant.objects.create(user=user, role=role, object_id=campaign.pk, granted_at=clock.moment)
    browser = sign_in(user)

    listed = browser.get("/campaigns/").content.decode()

    assert "Spring check" in listed
    assert "Secret check" not in listed
    assert browser.get(f"/campaigns/{campaign.pk}/").status_code == 200
    assert browser.get(f"/campaigns/{other.pk}/").status_code == 404
    assert browser.post(f"/campaigns/{campaign.pk}/close/").status_code == 403


def test_the_form_offers_only_what_one_may_see_and_makes_only_what_one_may_make(
    version: ModelVersion, clock: Clock, acme: Any
) -> None:
    def browser_with(*permissions: str) -> Client:
        code = f"r{Role.objects.count()}"
        role = Role.objects.create(code=code, name=code, permissions=["campaigns:tenant:manage", *permissions])
        user = User.objects.create(email=f"{code}@acme.example", created_at=clock.moment)
        Grant.objects.create(user=user, role=role, granted_at=clock.moment)
        return sign_in(user)

    blind, seeing = browser_with(), browser_with("models:tenant:read")
    assert str(version.pk) not in blind.get("/campaigns/new/").content.decode()
    assert str(version.pk) in seeing.get("/campaigns/new/").content.decode()
    assert blind.post("/campaigns/new/", form(version, clock)).status_code == 422
    assert seeing.post("/campaigns/new/", form(version, clock)).status_code == 403
    assert (
        browser_with("models:tenant:read", "subjects:tenant:create", "stakeholders:tenant:create")
        .post("/campaigns/new/", form(version, clock))
        .status_code
        == 302
    )
    assert seeing.get("/campaigns/?q=a%00").status_code == 200


def test_the_list_is_searched_and_filtered(campaign: Campaign, draft: Campaign, staff: Client) -> None:
    assert "Spring check" in staff.get("/campaigns/?q=harb").content.decode()
    assert "Nothing found" in staff.get("/campaigns/?q=winter").content.decode()
    assert "Spring check" in staff.get("/campaigns/?status=open").content.decode()
    assert "Spring check" not in staff.get("/campaigns/?status=closed").content.decode()
    assert staff.get("/campaigns/?status=nonsense&page=x").status_code == 200


def test_the_list_says_when_a_campaign_was_closed_rather_than_when_it_would_have_been(
    campaign: Campaign, staff: Client
) -> None:
    assert moment_short(campaign.closes_at) in as_read(staff.get("/campaigns/").content.decode())

    staff.post(f"/campaigns/{campaign.pk}/close/")

    campaign.refresh_from_db()
    page = as_read(staff.get("/campaigns/").content.decode())
    assert campaign.closed_at
    assert moment_short(campaign.closed_at) in page
    assert moment_short(campaign.closes_at) not in page


def test_a_page_of_campaigns_costs_few_queries(
    staff: Client, version: ModelVersion, harbour: Subject, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    for number in range(25):
        services.create_campaign(
            name=f"C{number}",
            version=version,
            subject=harbour,
            closes_at=clock.moment + timedelta(days=1),
            acting_user=None,
            now=clock.moment,
        )
    staff.get("/campaigns/new/")  # the host is known from here on
    with django_assert_max_num_queries(7):
        staff.get("/campaigns/")


def test_the_monitor_costs_few_queries(campaign: Campaign, staff: Client, django_assert_max_num_queries: Any) -> None:
    staff.get("/campaigns/new/")  # the host is known from here on
    with django_assert_max_num_queries(9):
        staff.get(f"/campaigns/{campaign.pk}/")


def test_the_page_of_one_person_belongs_to_its_campaign(campaign: Campaign, staff: Client) -> None:
    part = part_of(campaign, BO)
    other = "01a20000-0000-7000-8000-000000000000"

    assert staff.get(f"/campaigns/{campaign.pk}/participations/{other}/").status_code == 404
    assert staff.get(f"/campaigns/{other}/participations/{part.pk}/").status_code == 404


def test_people_are_filtered_by_group_even_by_none(campaign: Campaign, staff: Client) -> None:
    staff_only = staff.get(f"/campaigns/{campaign.pk}/?group=Staff").content.decode()

    assert "Bo Berg" in staff_only
    assert "Cy Cole" not in staff_only
    assert "Bo Berg" not in staff.get(f"/campaigns/{campaign.pk}/?group=").content.decode()
