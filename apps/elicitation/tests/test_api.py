"""Elicitations, experts and judgements over the API."""

from typing import Any
from uuid import uuid4

import pytest

from apps.audit.models import AuditEntry
from apps.elicitation import links, services
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.tests.story import BO, CY, POINTS, STEADY, TORN, changed, expert, judge
from apps.models.models import ModelVersion
from apps.models.services import publish_version, update_draft
from apps.models.tests.conftest import Api
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.fixture
def body(draft: ModelVersion) -> dict[str, Any]:
    return {"name": "What matters", "version": str(draft.pk), "method": "ahp", "nodes": ["all"]}


def test_an_elicitation_is_created_read_changed_and_deleted(api: Api, body: dict[str, Any]) -> None:
    made = api.post("weight-elicitations/", body, Idempotency_Key="once")
    assert made.status_code == 201, made.content
    assert made.json()["asked"][0]["children"][0]["name"]["en"] == "People"
    path = made["Location"].removeprefix("/api/v1/")
    assert api.post("weight-elicitations/", body, Idempotency_Key="once").json() == made.json()
    assert WeightElicitation.objects.count() == 1

    read = api.get(path)
    assert read.json() == made.json()
    assert read["ETag"] == made["ETag"]
    assert api.get(path, If_None_Match=read["ETag"]).status_code == 304

    renamed = api.patch(path, {"nodes": ["plans"], "answer_by": "2030-01-01"}, If_Match=read["ETag"])
    assert (renamed.json()["nodes"], renamed.json()["answer_by"]) == (["plans"], "2030-01-01")
    assert renamed["ETag"] == api.get(path)["ETag"]
    assert api.patch(path, {"name": "Again"}, If_Match=read["ETag"]).status_code == 412
    assert api.post(f"{path}open/", None, If_Match=read["ETag"]).status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.requirement("SEC-AUTH-002")
def test_a_draft_that_is_not_theirs_to_change_is_not_there(narrow: Any, body: dict[str, Any]) -> None:
    program = narrow("weight-elicitations:tenant:create", "models:tenant:read")

    answers = [program.post("weight-elicitations/", body | {"version": one}) for one in (body["version"], str(uuid4()))]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"][0]["code"] == answers[1].json()["errors"][0]["code"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"version": str(uuid4())}, "/version"),
        ({"version": "harbour"}, "/version"),
        ({"method": "guess"}, "/method"),
        ({"nodes": []}, "/nodes"),
        ({"nodes": "all"}, "/nodes"),
        ({"nodes": ["all", "people"]}, "/nodes/1"),
        ({"name": ""}, "/name"),
        ({"answer_by": "soon"}, "/answer_by"),
    ],
)
def test_what_is_wrong_is_pointed_at(api: Api, body: dict[str, Any], wrong: dict[str, Any], pointer: str) -> None:
    refused = api.post("weight-elicitations/", body | wrong)

    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


def test_a_program_goes_from_the_question_to_the_draft(api: Api, body: dict[str, Any], draft: ModelVersion) -> None:
    path = api.post("weight-elicitations/", body)["Location"].removeprefix("/api/v1/")
    people = [{"name": one.name, "email": one.email, "language": one.language} for one in (BO, CY)]
    bo, cy = api.post(f"{path}experts/", people).json()
    opened = api.post(f"{path}open/")
    assert (opened.status_code, opened.json()["status"]) == (200, "open")
    assert Message.objects.count() == 2
    assert api.get(f"{path}experts/{bo['id']}/").json()["invited_at"]

    first = api.post(f"{path}judgements/", {"expert": bo["id"], "node": "all", "comparisons": STEADY["all"]})
    assert first.status_code == 201, first.content
    assert api.get(first["Location"].removeprefix("/api/v1/")).json() == first.json()
    many = [{"expert": cy["id"], "node": "all", "comparisons": TORN["all"]}]
    assert api.post(f"{path}judgements/", many).status_code == 201
    assert api.post(f"{path}remind/").json()["code"] == "nobody_to_remind"

    [node] = api.get(f"{path}weights/").json()["nodes"]
    assert sum(node["weights"].values()) == pytest.approx(1)
    consistent, torn = node["experts"]
    assert consistent["least_consistent"] is None
    assert (torn["least_consistent"]["more"], torn["least_consistent"]["said"]) == ("means", pytest.approx(7))
    assert torn["consistency_ratio"] > 0.1
    assert node["spread"]["people"]["high"] == pytest.approx(consistent["weights"]["people"])

    assert api.post(f"{path}apply/").json()["code"] == "elicitation_not_ready"
    assert api.post(f"{path}close/").json()["status"] == "closed"
    assert api.post(f"{path}apply/").json()["applied_at"]
    draft.refresh_from_db()
    said = api.post("calculations/weights/", draft.document["weights"]["all"]).json()
    assert said["weights"] == list(node["weights"].values())


def test_changed_nodes_are_named_by_pointer(api: Api, budget: WeightElicitation, draft: ModelVersion, now: Any) -> None:
    judge(budget, BO, POINTS, now)
    services.close_elicitation(budget, acting_user=None, now=now)
    update_draft(draft, changed(), acting_user=None, now=now)

    refused = api.post(f"weight-elicitations/{budget.pk}/apply/")

    assert (refused.status_code, refused.json()["code"]) == (409, "nodes_changed")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/nodes/0", "/nodes/1"]
    publish_version(draft, acting_user=None, now=now)
    assert api.post(f"weight-elicitations/{budget.pk}/apply/").json()["code"] == "version_not_draft"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"expert": str(uuid4())}, "/expert"),
        ({"expert": None}, "/expert"),
        ({"node": "docks"}, "/node"),
        ({"points": {"people": 99}}, "/points"),
        ({"points": {"people": 1e300}}, "/points/people"),
        ({"points": {"docks": 100}}, "/points/docks"),
        ({"points": "all"}, "/points"),
        ({"points": None}, ""),
        ({"points": None, "comparisons": STEADY["all"]}, "/points"),
    ],
)
def test_a_judgement_that_is_none_is_pointed_at(
    api: Api, budget: WeightElicitation, wrong: dict[str, Any], pointer: str
) -> None:
    given = {"expert": str(expert(budget, BO).pk), "node": "all", "points": POINTS["all"]}

    refused = api.post(f"weight-elicitations/{budget.pk}/judgements/", given | wrong)
    listed = api.post(f"weight-elicitations/{budget.pk}/judgements/", [given, given | {"node": "plans"} | wrong])

    assert (refused.status_code, listed.status_code) == (422, 422)
    assert pointer in {one["pointer"] for one in refused.json()["errors"]}
    assert all(one["pointer"].startswith("/1") for one in listed.json()["errors"])
    assert not Judgement.objects.exists()


def test_the_same_node_twice_is_refused(api: Api, budget: WeightElicitation) -> None:
    one = {"expert": str(expert(budget, BO).pk), "node": "all", "points": POINTS["all"]}

    refused = api.post(f"weight-elicitations/{budget.pk}/judgements/", [one, one])

    assert [found["pointer"] for found in refused.json()["errors"]] == ["/1/node"]


def test_a_file_is_tried_and_then_taken(api: Api, budget: WeightElicitation) -> None:
    path = f"weight-elicitations/{budget.pk}/judgements/import/"
    lines = ["email,node,part,points"]
    lines += [f"BO@example.org,plans,{part},{points}" for part, points in POINTS["plans"].items()]
    text = "\n".join(lines)

    tried = api.post(path, {"csv": text, "dry_run": True})
    assert tried.json() == {"dry_run": True, "experts": 1, "judgements": 1, "warnings": []}
    assert not Judgement.objects.exists()
    wrong = api.post(path, {"csv": text.replace("75", "74")})
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/csv/2/points"]

    assert api.post(path, {"csv": text}).json()["dry_run"] is False
    assert Judgement.objects.get().sent == {"points": POINTS["plans"]}


def test_an_experts_link_is_shown_on_record_renewed_and_withdrawn(api: Api, budget: WeightElicitation) -> None:
    bo = expert(budget, BO)
    path = f"weight-elicitations/{budget.pk}/experts/{bo.pk}/"

    assert links.token_for(bo) not in api.get(path).content.decode()
    assert api.post(f"{path}link/").json()["link"].endswith(f"/e/{links.token_for(bo)}/")
    assert AuditEntry.objects.filter(action="expert.link_shown", object_id=str(bo.pk)).count() == 1
    assert api.post(f"{path}renew/").status_code == 200
    assert links.token_for(bo) not in api.post(f"{path}link/").json()["link"]
    assert api.post(f"{path}revoke/").json()["revoked_at"]
    assert api.delete(path).status_code == 204
    assert not Expert.objects.filter(pk=bo.pk).exists()


def test_what_is_not_sent_is_nobodys_business(api: Api, budget: WeightElicitation, now: Any) -> None:
    services.save_judgement(expert(budget, BO), budget.asked[0], {"points": {"people": 1}}, seen=None, now=now)

    assert api.get(f"weight-elicitations/{budget.pk}/judgements/").json()["results"] == []


@pytest.mark.parametrize(
    ("question", "count"),
    [("", 2), ("?status=open", 1), ("?status=closed", 0), ("?version={version}", 2), ("?model={model}", 2)],
)
def test_lists_are_narrowed_and_cut_into_pages(
    api: Api, budget: WeightElicitation, make: Any, draft: ModelVersion, question: str, count: int
) -> None:
    make("ahp")
    path = "weight-elicitations/" + question.format(version=draft.pk, model=draft.model_id)

    assert len(api.get(path).json()["results"]) == count
    assert api.get("weight-elicitations/?page_size=1").json()["next"]
    assert api.get(f"weight-elicitations/?version={uuid4()}").json()["results"] == []
    assert api.get("weight-elicitations/?version=x").status_code == 422


@pytest.mark.parametrize("path", ["", "{}/", "{}/experts/", "{}/judgements/", "{}/weights/"])
def test_a_page_costs_few_queries(
    api: Api, budget: WeightElicitation, now: Any, path: str, django_assert_max_num_queries: Any
) -> None:
    for contact in (BO, CY):
        judge(budget, contact, POINTS, now)
    path = "weight-elicitations/" + path.format(budget.pk)
    api.get(path)

    with django_assert_max_num_queries(7):
        assert api.get(path).status_code == 200
