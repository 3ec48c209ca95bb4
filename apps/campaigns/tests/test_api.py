"""Campaigns, participations, stakeholders and messages over the API."""

import csv
import io
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.models import AuditEntry
from apps.campaigns import links, services
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import (
    BO,
    CY,
    HOST,
    Clock,
    Post,
    deliver_everything,
    make_user,
    others_send,
    part_of,
    path_of,
    taken_part,
)
from apps.models.models import ModelVersion, Subject

pytestmark = pytest.mark.requirement("CAMP-001", "CAMP-002")
API = "/api/v1/"


class Api:
    """A signed-in client that speaks JSON, as the portal's session or a key would."""

    def __init__(self, user: User) -> None:
        self.client = Client(headers=HOST)
        self.client.force_login(user)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        send = getattr(self.client, method)
        if method == "get":
            return send(API + path, headers=headers)
        return send(API + path, json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def api(ada: User) -> Api:
    return Api(ada)


@pytest.fixture
def admin(acme: Any, clock: Clock) -> Api:
    return Api(make_user("admin@acme.example", clock.moment, role="tenant_admin"))


def body(version: ModelVersion, subject: Subject, clock: Clock) -> dict[str, Any]:
    return {
        "name": "From a program",
        "version": str(version.pk),
        "subject": str(subject.pk),
        "closes_at": (clock.moment + timedelta(days=2)).isoformat(),
    }


def test_a_campaign_is_created_read_changed_and_deleted(
    api: Api, version: ModelVersion, harbour: Subject, clock: Clock
) -> None:
    made = api("post", "campaigns/", body(version, harbour, clock))
    assert made.status_code == 201, made.content
    location = made["Location"].removeprefix(API)
    assert made.json()["status"] == "draft"

    read = api("get", location)
    assert read.json() == made.json()
    assert read["ETag"] == made["ETag"]
    assert api("get", location, **{"If-None-Match": read["ETag"]}).status_code == 304

    changed = api("patch", location, {"name": "Renamed"}, **{"If-Match": read["ETag"]})
    assert changed.json()["name"] == "Renamed"
    assert api("patch", location, {"name": "Again"}, **{"If-Match": read["ETag"]}).status_code == 412
    assert api("delete", location).status_code == 204
    assert api("get", location).status_code == 404


def test_lists_show_the_same_as_single_objects(api: Api, campaign: Campaign) -> None:
    [listed] = api("get", "campaigns/").json()["results"]

    assert listed == api("get", f"campaigns/{campaign.pk}/").json()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"version": str(uuid4())}, "/version"),
        ({"subject": "harbour"}, "/subject"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "/closes_at"),
        ({"closes_at": "soon"}, "/closes_at"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
    ],
)
def test_what_is_wrong_is_pointed_at(
    api: Api, version: ModelVersion, harbour: Subject, clock: Clock, wrong: dict[str, str], pointer: str
) -> None:
    refused = api("post", "campaigns/", body(version, harbour, clock) | wrong)

    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


def test_state_is_changed_by_verbs_alone(api: Api, draft: Campaign) -> None:
    patched = api("patch", f"campaigns/{draft.pk}/", {"status": "open", "owner": None, "assessment": str(uuid4())})
    assert {one["pointer"] for one in patched.json()["errors"]} == {"/status", "/owner", "/assessment"}

    opened = api("post", f"campaigns/{draft.pk}/open/")
    assert opened.json()["status"] == "open"
    assert opened.json()["assessment"]
    assert api("post", f"campaigns/{draft.pk}/open/").json()["code"] == "campaign_not_ready"

    later = (draft.closes_at + timedelta(days=1)).isoformat()
    assert api("post", f"campaigns/{draft.pk}/extend/", {"closes_at": later}).status_code == 200
    assert api("post", f"campaigns/{draft.pk}/extend/", {}).status_code == 422
    closed = api("post", f"campaigns/{draft.pk}/close/")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")


def test_opening_twice_with_one_key_opens_once_and_answers_alike(api: Api, draft: Campaign) -> None:
    first = api("post", f"campaigns/{draft.pk}/open/", **{"Idempotency-Key": "k1"})
    second = api("post", f"campaigns/{draft.pk}/open/", **{"Idempotency-Key": "k1"})

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"


def test_progress_does_not_change_the_campaigns_etag(
    api: Api, campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    before = api("get", f"campaigns/{campaign.pk}/")["ETag"]
    visitor.get(bos_link)
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})

    progress = api("get", f"campaigns/{campaign.pk}/progress/").json()

    assert api("get", f"campaigns/{campaign.pk}/")["ETag"] == before
    assert {name: progress[name] for name in ("people", "opened", "started", "submitted")} == {
        "people": 2,
        "opened": 1,
        "started": 1,
        "submitted": 0,
    }
    assert {group["group"]: group["started"] for group in progress["groups"]} == {"Management": 0, "Staff": 1}


def test_reminders_are_counted(api: Api, campaign: Campaign, clock: Clock, post: Post) -> None:
    deliver_everything(clock)

    assert api("post", f"campaigns/{campaign.pk}/remind/").json() == {"reminded": 2}
    assert api("post", f"campaigns/{campaign.pk}/remind/").json()["code"] == "nothing_to_remind"


def test_results_come_as_json_and_csv(
    api: Api, campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    assert api("get", f"campaigns/{campaign.pk}/results/").json()["code"] == "not_released"
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3", "q-P2": "2"})
    visitor.post(f"{bos_link}check/", {"confirmed": "yes"})
    others_send(campaign, 9, {"P1": 3, "P2": 2}, clock.moment)
    deliver_everything(clock)

    results = api("get", f"campaigns/{campaign.pk}/results/").json()
    exported = api("get", f"campaigns/{campaign.pk}/results/?format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(exported.streaming_content).decode())))

    assert results["score"] == 75.0
    assert (results["raters"], results["answers_sent"]) == (5, 10)
    assert not results["is_final"]
    assert [node["code"] for node in results["nodes"]] == [row["code"] for row in rows]
    assert float(rows[1]["score"]) == 75.0


def test_a_link_is_shown_one_at_a_time_and_on_record(api: Api, campaign: Campaign) -> None:
    path = f"campaigns/{campaign.pk}/participations/"
    bo = part_of(campaign, BO)
    assert links.token_for(bo) not in api("get", path).content.decode()

    shown = api("post", f"{path}{bo.pk}/link/")

    assert shown.json()["link"].endswith(f"/a/{links.token_for(bo)}/")
    assert AuditEntry.objects.get(action="participation.link_shown").object_id == str(bo.pk)


def test_a_link_that_would_open_answers_is_not_shown(
    api: Api, campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})

    refused = api("post", f"campaigns/{campaign.pk}/participations/{part_of(campaign, BO).pk}/link/")

    assert (refused.status_code, refused.json()["code"]) == (409, "link_hidden")
    assert not AuditEntry.objects.filter(action="participation.link_shown").exists()


def test_answers_begun_through_a_link_that_was_shown_are_open_in_that_browser_alone(
    api: Api, campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    bo = part_of(campaign, BO)
    api("post", f"campaigns/{campaign.pk}/participations/{bo.pk}/link/")
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})
    elsewhere = Client(headers=HOST)

    for page in ("", "check/", "sections/people/"):
        assert elsewhere.get(f"{bos_link}{page}").status_code == 403
        assert visitor.get(f"{bos_link}{page}").status_code == 200
    assert elsewhere.post(f"{bos_link}check/", {"confirmed": "yes"}).status_code == 403
    services.renew_link(bo, acting_user=None, now=timezone.now())
    assert elsewhere.get(path_of(part_of(campaign, BO))).status_code == 200


def test_a_new_address_gets_no_link_to_answers_that_were_begun(
    api: Api, campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    bo, cy = part_of(campaign, BO), part_of(campaign, CY)
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})
    for one in (bo, cy):
        changed = {"email": f"new-{one.pk}@example.org"}
        assert api("patch", f"stakeholders/{one.stakeholder_id}/", changed).status_code == 200

    renewed = [api("post", f"campaigns/{campaign.pk}/participations/{one.pk}/renew/") for one in (bo, cy)]

    assert [(one.status_code, one.json().get("code")) for one in renewed] == [(409, "link_not_renewable"), (200, None)]
    assert api("post", f"campaigns/{campaign.pk}/remind/").json().get("reminded", 0) <= 1
    assert visitor.get(bos_link).status_code == 200


def test_answers_of_a_campaign_are_not_written_by_programs(api: Api, campaign: Campaign) -> None:
    response = taken_part(part_of(campaign, BO))
    path = f"assessments/{campaign.assessment_id}/responses/"

    refused = [
        api("post", path, {"rater": "ghost", "answers": {"P1": 3}, "submit": True}),
        api("patch", f"{path}{response.pk}/", {"answers": {"P1": 3}}),
        api("post", f"{path}{response.pk}/submit/"),
    ]

    assert {(one.status_code, one.json()["code"]) for one in refused} == {(409, "answered_by_link")}


def test_who_may_only_read_gets_no_links(campaign: Campaign, clock: Clock) -> None:
    Role.objects.create(code="auditor", name="Auditor", permissions=["campaigns:tenant:read"])
    reader = Api(make_user("eve@acme.example", clock.moment, role="auditor"))

    listed = reader("get", f"campaigns/{campaign.pk}/participations/")

    assert reader("post", f"campaigns/{campaign.pk}/participations/", []).status_code == 403
    one = listed.json()["results"][0]["id"]
    assert reader("post", f"campaigns/{campaign.pk}/participations/{one}/link/").status_code == 403
    assert reader("post", f"campaigns/{campaign.pk}/participations/{one}/renew/").status_code == 403


def test_people_are_added_one_by_one_and_in_bulk(api: Api, campaign: Campaign, clock: Clock, post: Post) -> None:
    path = f"campaigns/{campaign.pk}/participations/"
    one = api("post", path, {"name": "Di", "email": "di@example.org", "group": "Board"})
    assert one.status_code == 201, one.content
    assert one.json()["group"] == "Board"
    assert api("get", one["Location"].removeprefix(API)).json()["email"] == "di@example.org"

    many = api(
        "post",
        path,
        [{"name": f"P{n}", "email": f"p{n}@example.org"} for n in range(3)] + [{"name": BO.name, "email": BO.email}],
    )
    assert many.status_code == 201
    assert len(many.json()) == 4
    assert campaign.participations.count() == 6
    deliver_everything(clock)
    assert len(post.mails) == 6


def test_a_list_can_be_sent_to_an_address_of_its_own(api: Api, draft: Campaign) -> None:
    path = f"campaigns/{draft.pk}/participations/bulk/"

    added = api("post", path, [{"name": f"P{n}", "email": f"p{n}@example.org"} for n in range(3)])

    assert (added.status_code, len(added.json())) == (201, 3)
    assert api("post", path, {"name": "P", "email": "p@example.org"}).status_code == 422
    assert api("post", path, []).status_code == 422


def test_a_known_stakeholder_is_added_by_id(api: Api, draft: Campaign, clock: Clock) -> None:
    eve = services.create_stakeholder(Contact("Eve", "eve@example.org"), acting_user=None, now=clock.moment)

    added = api("post", f"campaigns/{draft.pk}/participations/", {"stakeholder": str(eve.pk)})
    unknown = api("post", f"campaigns/{draft.pk}/participations/", [{"stakeholder": str(uuid4())}])
    neither = api("post", f"campaigns/{draft.pk}/participations/", {"name": "Eve"})

    assert added.json()["stakeholder"] == str(eve.pk)
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/0/stakeholder")
    assert neither.status_code == 422


def test_a_link_is_withdrawn_and_renewed(api: Api, campaign: Campaign, bos_link: str, visitor: Client) -> None:
    bo = part_of(campaign, BO)
    path = f"campaigns/{campaign.pk}/participations/{bo.pk}/"

    withdrawn = api("post", f"{path}revoke/")
    assert withdrawn.json()["revoked_at"]
    assert api("post", f"{path}link/").json()["code"] == "link_hidden"
    assert visitor.get(bos_link).status_code == 410

    renewed = api("post", f"{path}renew/")
    assert renewed.json()["revoked_at"] is None
    assert visitor.get("/a/" + api("post", f"{path}link/").json()["link"].split("/a/")[1]).status_code == 200


def test_a_stakeholder_sees_what_they_take_part_in_but_not_the_others(campaign: Campaign, clock: Clock) -> None:
    user = make_user(BO.email, clock.moment, role="stakeholder")
    services.link_user(user.pk)
    bo = Api(user)

    assert [one["id"] for one in bo("get", "campaigns/").json()["results"]] == [str(campaign.pk)]
    for hidden in ("progress/", "results/", "participations/"):
        assert bo("get", f"campaigns/{campaign.pk}/{hidden}").status_code == 404
    assert bo("get", "stakeholders/").status_code == 403
    assert bo("post", f"campaigns/{campaign.pk}/close/").status_code == 403


def test_stakeholders_are_created_found_changed_and_deleted(api: Api, draft: Campaign) -> None:
    made = api("post", "stakeholders/", {"name": "Eve", "email": "eve@example.org"})
    assert made.status_code == 201, made.content
    path = made["Location"].removeprefix(API)

    assert api("get", "stakeholders/?email=EVE@example.org").json()["results"] == [made.json()]
    assert api("get", "stakeholders/?email=eve@example").json()["results"] == []
    changed = api("patch", path, {"email": "eva@example.org"})
    assert changed.json()["email"] == "eva@example.org"
    assert api("get", "stakeholders/?email=eva@example.org").json()["results"] == [changed.json()]
    assert api("patch", path, {"email": BO.email}).json()["errors"][0]["pointer"] == "/email"
    assert api("delete", path).status_code == 204

    bo = Stakeholder.objects.get(participations=part_of(draft, BO))
    assert api("delete", f"stakeholders/{bo.pk}/").json()["code"] == "stakeholder_in_use"


def test_many_stakeholders_are_created_all_or_none(api: Api, draft: Campaign) -> None:
    rows = [{"name": f"P{n}", "email": f"p{n}@example.org"} for n in range(3)]

    refused = api("post", "stakeholders/", [*rows, {"name": "Bo", "email": BO.email}])
    assert refused.json()["errors"][0]["pointer"] == "/3/email"
    wrong = api("post", "stakeholders/", [*rows, {"name": "X", "email": "nonsense"}])
    assert wrong.json()["errors"][0]["pointer"] == "/3/email"
    assert Stakeholder.objects.count() == 2

    assert len(api("post", "stakeholders/", rows).json()) == 3
    exported = json.loads(b"".join(api("get", "stakeholders/export/").streaming_content))
    assert {one["email"] for one in exported} == {BO.email, CY.email, *(row["email"] for row in rows)}


def test_messages_are_read_and_never_written(admin: Api, campaign: Campaign, clock: Clock, post: Post) -> None:
    deliver_everything(clock)

    listed = admin("get", f"messages/?state=sent&campaign={campaign.pk}").json()["results"]

    assert {one["address"] for one in listed} == {BO.email, CY.email}
    assert "body" not in listed[0]
    assert admin("get", "messages/?state=failed").json()["results"] == []
    assert admin("get", f"messages/?campaign={uuid4()}").json()["results"] == []
    assert admin("post", "messages/", {}).status_code == 405
    assert admin("delete", f"messages/{listed[0]['id']}/").status_code == 405


@pytest.mark.parametrize("path", ["campaigns/", "stakeholders/", "messages/"])
def test_strangers_are_asked_to_sign_in(acme: Any, path: str) -> None:
    assert Client().get(API + path, headers=HOST).status_code == 401


@pytest.mark.parametrize("path", ["campaigns/", "stakeholders/", "campaigns/{}/participations/"])
def test_a_list_costs_few_queries(
    api: Api, campaign: Campaign, ada: User, clock: Clock, path: str, django_assert_max_num_queries: Any
) -> None:
    crowd = [Contact(f"P{n}", f"p{n}@example.org") for n in range(60)]
    services.add_stakeholders(campaign, crowd, acting_user=ada, now=clock.moment)
    api("get", "subjects/")  # host and settings are known from here on

    with django_assert_max_num_queries(7 if "participations" in path else 6):
        api("get", path.format(campaign.pk))
