"""Models and data from files: tried first, then all or nothing, and taken back while nothing rests on them."""

import base64
import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.core import events
from apps.models import services
from apps.models.models import Assessment, Import, ModelVersion, ResilienceModel, Response, ScoreRun, Subject
from apps.models.tests.conftest import REFERENCE, Api
from apps.models.tests.sheets import stored_answers
from resimate_engine.document import digest
from resimate_engine.exchange import sheets_of, write_workbook

pytestmark = pytest.mark.requirement("CMS-001")

IMETA = """Level,iCode,iName,Direction,Weight,Unit,Target,Denominator,Parent,Type
2,Index,Our index,1,1,,,,,Aggregate
1,Rail,Railways,1,2,km,,Area,Index,Indicator
1,Fires,Fires,-1,1,a year,0,,Index,Indicator
,Area,Area,,,,,,,Denominator
,Size_group,Size,,,,,,,Group
"""
IDATA = """uName,uCode,Size_group,Time,Area,Rail,Fires
Austria,AUT,M,2024,10,5,3
Belgium,BEL,M,2024,20,NA,1
"""
ANSWERS = "id,rater,group,question,value\nnorth,r1,staff,L1,5\nnorth,r2,staff,L1,4\nsouth,r1,staff,L1,3\n"


def _text(name: str, text: str) -> dict[str, str]:
    return {"name": name, "text": text}


def _book(document: Any) -> dict[str, str]:
    return {"name": "m.xlsx", "content": base64.b64encode(write_workbook(sheets_of(document))).decode()}


def _import(api: Api, *files: dict[str, str], **options: Any) -> Any:
    return api.post("models/import/", {"files": files, **options})


def _errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


def _undo(api: Api, outcome: Any) -> Any:
    return api.post(f"imports/{outcome['id']}/undo/")


def _work() -> None:
    while events.deliver_due(timezone.now() + timedelta(seconds=1)):
        pass


@pytest.fixture
def nothing() -> Any:
    """Counts everything that an import can make."""
    return lambda: [kind.objects.count() for kind in (ResilienceModel, ModelVersion, Subject, Assessment, Import)]


def test_a_workbook_becomes_a_draft_and_comes_back_the_same(api: Api, survey: dict[str, Any]) -> None:
    answer = _import(api, _book(survey))

    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["version"]["state"], made["version"]["digest"]) == ("draft", digest(survey))
    assert made["created"] == {"models": 1, "versions": 1, "subjects": 0, "assessments": 0, "responses": 0}
    assert AuditEntry.objects.filter(action="import.applied").count() == 1
    exported = api.get(f"models/{made['version']['model']}/versions/1/export/?format=xlsx")
    assert exported.status_code == 200
    again = {"name": "again.xlsx", "content": base64.b64encode(exported.content).decode()}
    assert _import(api, again, dry_run=True).json()["version"]["digest"] == digest(survey)


def test_a_dry_run_says_what_would_be_made_and_makes_nothing(api: Api, nothing: Any) -> None:
    answer = _import(api, _text("iMeta.csv", IMETA), _text("iData.csv", IDATA), publish=True, dry_run=True)

    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["created"] == {"models": 1, "versions": 1, "subjects": 2, "assessments": 2, "responses": 0}
    assert (said["id"], said["version"]["id"], said["version"]["state"]) == (None, None, "published")
    assert [one["code"] for one in said["warnings"]] == ["targets_not_used"]
    assert nothing() == [0, 0, 0, 0, 0]


def test_coinrs_pair_becomes_a_model_subjects_and_assessments(api: Api) -> None:
    made = _import(api, _text("iMeta.csv", IMETA), _text("iData.csv", IDATA), publish=True).json()

    version = ModelVersion.objects.get(pk=made["version"]["id"])
    rail, fires = version.document["root"]["children"]
    assert (rail["weight"], rail["indicator"]["denominator"], rail["name"]) == (2, "Area", {"en": "Railways"})
    assert fires["indicator"]["direction"] == "negative"
    assert list(Subject.objects.order_by("code").values_list("code", "name", "group")) == [
        ("AUT", "Austria", "M"),
        ("BEL", "Belgium", "M"),
    ]
    assert [(one.period, one.values) for one in Assessment.objects.order_by("subject__code")] == [
        ("2024", {"Area": 10, "Rail": 5, "Fires": 3}),
        ("2024", {"Area": 20, "Fires": 1}),
    ]


def test_the_pair_that_goes_out_says_what_came_in(api: Api) -> None:
    made = _import(api, _text("iMeta.csv", IMETA), _text("iData.csv", IDATA), publish=True).json()

    exported = api.get(f"models/{made['version']['model']}/versions/1/export/?format=coinr")

    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        meta, data = (archive.read(name).decode() for name in ("iMeta.csv", "iData.csv"))
    rows = {row["iCode"]: row for row in csv.DictReader(io.StringIO(meta))}
    assert [rows["Rail"][name] for name in ("Level", "Weight", "Denominator", "Parent")] == ["1", "2", "Area", "Index"]
    assert [rows[name]["Direction"] for name in ("Index", "Rail", "Fires")] == ["1", "1", "-1"]
    assert rows["Area"]["Type"] == "Denominator"
    again = _import(api, _text("iMeta.csv", meta), dry_run=True).json()
    assert again["version"]["digest"] == made["version"]["digest"]
    assert list(csv.reader(io.StringIO(data)))[2] == ["BEL", "Belgium", "M", "2024", "NA", "1", "20"]


def test_a_model_with_questions_does_not_fit_coinrs_tables(api: Api, publish: Any, survey: dict[str, Any]) -> None:
    version = publish(survey)

    answer = api.get(f"models/{version.model_id}/versions/1/export/?format=coinr")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_exportable")
    assert api.get(f"models/{version.model_id}/versions/1/export/").json() == survey
    assert api.get(f"models/{version.model_id}/versions/2/export/").status_code == 404


def test_answers_from_csv_make_subjects_that_are_new_and_score_when_asked(
    api: Api, publish: Any, survey: dict[str, Any]
) -> None:
    version = publish(survey)

    answer = _import(api, _text("answers.csv", ANSWERS), version=str(version.pk), period="2026", score=True)

    assert answer.status_code == 201, answer.content
    assert answer.json()["created"] == {"models": 0, "versions": 0, "subjects": 2, "assessments": 2, "responses": 3}
    assert len(stored_answers()) == 3
    assert not ScoreRun.objects.exists()
    _work()
    assert {run.assessment.subject.code: run.score for run in ScoreRun.objects.all()} == {"north": 87.5, "south": 50.0}


@pytest.mark.parametrize(
    ("files", "options", "error"),
    [
        ([_text("x.txt", "hello")], {}, ("/files/0", "unknown_file")),
        ([{"name": "x"}], {}, ("/files/0/content", "required")),
        ([{"name": "x", "content": "***"}], {}, ("/files/0/content", "bad_format")),
        ([_text("m.json", "{")], {}, ("/files/0", "malformed")),
        ([_text("m.json", '{"schema": "resimate.model/1"}')], {}, ("/files/0/code", "required")),
        ([_text("a.csv", IMETA), _text("b.csv", IMETA)], {}, ("/files", "bad_length")),
        ([_text("iData.csv", IDATA)], {}, ("/version", "version_not_published")),
        ([_text("a.csv", IMETA), _text("b.csv", IDATA)], {}, ("/publish", "version_not_published")),
        ([_text("a.csv", IMETA.replace("Rail,", "Rail way,"))], {}, ("/files/0/lines/3/iCode", "bad_format")),
        ([_text("a.csv", IMETA.replace(",1,2,", ",3,2,"))], {}, ("/files/0/lines/3/Direction", "not_offered")),
        ([_text("a.csv", IMETA.replace(",1,2,", ",1,x,"))], {}, ("/files/0/lines/3/Weight", "not_a_number")),
        ([_text("a.csv", IMETA.replace(",1,2,", ",1,-2,"))], {}, ("/files/0/lines/3/Weight", "out_of_range")),
        ([_text("a.csv", IMETA.replace("Index,Ind", "Nil,Ind"))], {}, ("/files/0/lines/3/Parent", "unknown_parent")),
        ([_text("a.csv", IMETA.replace("Parent,", "Above,"))], {}, ("/files/0/lines/1/Parent", "required")),
        (
            [_text("a.csv", IMETA), _text("b.csv", IDATA.replace("NA", "many"))],
            {"publish": True},
            ("/files/1/lines/3/Rail", "not_a_number"),
        ),
        (
            [_text("a.csv", IMETA), _text("b.csv", IDATA.replace("BEL", "AUT"))],
            {"publish": True},
            ("/files/1/lines/3/uCode", "duplicate_id"),
        ),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_wrong_is_said_by_file_line_and_column_and_nothing_is_made(
    api: Api, nothing: Any, files: Any, options: Any, error: tuple[str, str], dry_run: bool
) -> None:
    assert error in _errors(_import(api, *files, **options, dry_run=dry_run))
    assert nothing() == [0, 0, 0, 0, 0]


def test_a_value_of_the_document_is_found_in_its_cell(api: Api, survey: dict[str, Any]) -> None:
    survey["root"]["children"][0]["indicator"]["questions"][1]["scale"] = "nothing"
    survey["root"]["children"][1]["weight"] = -1

    errors = _errors(_import(api, _book(survey)))

    assert errors == [("/files/0/sheets/Nodes/4/weight", "out_of_range")]
    survey["root"]["children"][1]["weight"] = 1
    assert _errors(_import(api, _book(survey)))[0][0] == "/files/0/sheets/Questions/3/scale"


def test_wrong_answers_are_found_in_their_line(api: Api, publish: Any, survey: dict[str, Any]) -> None:
    wrong = _text("answers.csv", ANSWERS.replace("south,r1,staff,L1,3", "south,r1,staff,L1,9"))

    [(pointer, _)] = _errors(_import(api, wrong, version=str(publish(survey).pk)))

    assert pointer.startswith("/files/0/lines/4/")


def test_an_import_is_undone_as_a_whole(api: Api, nothing: Any, publish: Any, survey: dict[str, Any]) -> None:
    version, before = publish(survey), nothing()
    outcome = _import(api, _text("answers.csv", ANSWERS), version=str(version.pk)).json()

    undone = _undo(api, outcome)

    assert undone.status_code == 200, undone.content
    assert undone.json()["undone_at"] is not None
    assert nothing() == [*before[:-1], 1]
    assert (_undo(api, outcome).status_code, _undo(api, outcome).json()["code"]) == (409, "import_undone")
    assert AuditEntry.objects.filter(action="import.undone").count() == 1


def test_an_import_that_an_older_process_has_made_meanwhile_is_undone(
    api: Api, publish: Any, survey: dict[str, Any]
) -> None:
    """It remembers a digest of the values; within the hour that becomes a fingerprint."""
    outcome = _import(api, _text("answers.csv", ANSWERS), version=str(publish(survey).pk)).json()
    record = Import.objects.get(pk=outcome["id"])
    made = sorted([str(one.pk), one.values, one.period] for one in Assessment.objects.all())
    record.made["values"] = digest(made)
    record.save()

    assert _undo(api, outcome).status_code == 200


def test_undoing_a_model_removes_it_and_a_draft_that_was_replaced_is_back(
    api: Api, nothing: Any, survey: dict[str, Any]
) -> None:
    first = _import(api, _book(survey)).json()
    second = _import(api, _text("m.json", json.dumps({**survey, "name": {"en": "Other"}}))).json()
    assert (second["created"]["versions"], second["changed"]) == (0, {"versions": 1})

    refused, undone = _undo(api, first), _undo(api, second)

    assert (refused.status_code, refused.json()["code"], undone.status_code) == (409, "import_in_use", 200)
    assert ModelVersion.objects.get().document == survey
    assert ResilienceModel.objects.get().name == survey["name"]
    assert _undo(api, first).status_code == 200
    assert nothing() == [0, 0, 0, 0, 2]


def test_what_was_published_scored_answered_or_assessed_elsewhere_stays(
    api: Api, publish: Any, survey: dict[str, Any], ada: Any, now: Any
) -> None:
    published = _import(api, _text("iMeta.csv", IMETA), publish=True).json()
    version = publish(survey)
    imports = [
        _import(api, _text("a.csv", ANSWERS), version=str(version.pk), period=str(number)).json() for number in range(4)
    ]
    scored, answered, changed = Assessment.objects.filter(subject__code="south").order_by("pk")[1:4]
    services.score_assessment(scored, now=now)
    api.post(f"assessments/{answered.pk}/responses/", {"rater": "late", "answers": {"L1": 1}})
    Assessment.objects.filter(pk=changed.pk).update(period="other")

    refused = [_undo(api, one) for one in (published, *imports)]

    assert [(one.status_code, one.json()["code"]) for one in refused] == [(409, "import_in_use")] * 5
    assert len({one.json()["detail"] for one in refused}) == 5
    assert Assessment.objects.count() == 8


def test_answers_that_somebody_has_changed_since_are_not_taken_back(
    api: Api, publish: Any, survey: dict[str, Any]
) -> None:
    outcome = _import(api, _text("a.csv", ANSWERS), version=str(publish(survey).pk)).json()
    response = Response.objects.get(assessment__subject__code="south")
    api.patch(f"assessments/{response.assessment_id}/responses/{response.pk}/", {"answers": {"L1": 1}})

    refused = _undo(api, outcome)

    assert (refused.status_code, refused.json()["code"]) == (409, "import_in_use")
    assert "answered since" in refused.json()["detail"]
    assert Response.objects.count() == 3


@pytest.mark.thorough
def test_much_data_is_a_job(api: Api, publish: Any, nothing: Any) -> None:
    meta = _import(api, _text("iMeta.csv", IMETA.replace(",Area,Index", ",,Index")), publish=True).json()
    rows = "".join(f"u{number},{number},1\n" for number in range(5001))

    asked = _import(api, _text("iData.csv", f"uCode,Rail,Fires\n{rows}"), version=meta["version"]["id"])
    assert asked.status_code == 202, asked.content
    _work()

    job = api.get(asked["Location"].removeprefix("/api/v1/")).json()
    assert job["state"] == "succeeded", job
    assert job["result"]["created"]["assessments"] == Assessment.objects.count() == 5001


def test_who_may_make_models_alone_brings_no_data_and_publishes_nothing(
    api: Api, make_user: Any, api_of: Any, publish: Any, survey: dict[str, Any]
) -> None:
    from apps.accounts import services as accounts

    role = accounts.create_role(
        "author", name="A", permissions=["models:tenant:create"], acting_user=None, now=timezone.now()
    )
    user = make_user("author@acme.example")
    accounts.grant_role(user, role, acting_user=None, now=timezone.now())
    author = api_of(type(user).objects.get(pk=user.pk))

    assert _import(author, _book(survey)).status_code == 201
    assert _import(author, _book(survey), publish=True).status_code == 403
    assert _import(author, _text("a.csv", IMETA), _text("b.csv", IDATA)).status_code == 403


@pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"the reference sets are not here: {REFERENCE}")
def test_coinrs_own_example_comes_in_whole(api: Api) -> None:
    folder = REFERENCE / "asem_coinr"
    files = [_text(name, (folder / name).read_text()) for name in ("meta_imeta.csv", "raw_idata.csv")]

    made = _import(api, *files, publish=True, group="EurAsia_group", code="asem").json()

    assert made["created"] == {"models": 1, "versions": 1, "subjects": 51, "assessments": 51, "responses": 0}
    units = [{"id": one.subject.code, "values": one.values} for one in Assessment.objects.select_related("subject")]
    scored = api.post("calculations/", {"model": {"version": made["version"]["id"]}, "units": units}).json()
    assert (len(scored["results"]), scored["warnings"]) == (51, [])
