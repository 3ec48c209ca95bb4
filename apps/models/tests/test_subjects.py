from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid
from apps.models.models import Assessment, Subject
from apps.models.services import subjects
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")


def test_a_subject_is_created_read_changed_and_deleted(api: Api) -> None:
    made = api.post("subjects/", {"code": "harbour", "name": "Harbour", "group": "sites"})
    path = f"subjects/{made.json()['id']}/"

    assert (made.status_code, made["Location"]) == (201, f"/api/v1/{path}")
    assert api.get(path).json() == made.json()
    assert api.patch(path, {"name": "Old harbour"}, if_match=made["ETag"]).json()["name"] == "Old harbour"
    assert api.patch(path, {"name": "New harbour"}, if_match=made["ETag"]).status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"subject.created", "subject.changed", "subject.deleted"} <= actions


def test_a_code_is_taken_once(api: Api) -> None:
    api.post("subjects/", {"code": "a", "name": "A"})
    other = api.post("subjects/", {"code": "b", "name": "B"}).json()

    for answer in (
        api.post("subjects/", {"code": "a", "name": "Again"}),
        api.patch(f"subjects/{other['id']}/", {"code": "a"}),
    ):
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/code", "taken")]


@pytest.mark.parametrize("code", ["ABC", "a\u00adbc", "\uff41bc", " abc\u200b", "Abc\u00a0"])
def test_a_code_in_another_spelling_is_the_same_code(api: Api, code: str) -> None:
    api.post("subjects/", {"code": "abc", "name": "A"})
    other = api.post("subjects/", {"code": "b", "name": "B"}).json()

    for answer in (
        api.post("subjects/", {"code": code, "name": "Again"}),
        api.post("subjects/", [{"code": "new", "name": "New"}, {"code": code, "name": "Again"}]),
        api.patch(f"subjects/{other['id']}/", {"code": code}),
    ):
        assert [one["code"] for one in answer.json()["errors"]] == ["taken"]
    assert Subject.objects.count() == 2


def test_spellings_of_a_code_are_twins_in_one_list_and_a_code_shows_something(api: Api) -> None:
    rows = [{"code": code, "name": "N"} for code in ("\uff58", "X", "\u00ad")]

    problems = api.post("subjects/", rows).json()["errors"]

    assert [one["code"] for one in problems] == ["duplicate_code", "duplicate_code", "blank"]


def test_a_subject_may_be_spelt_anew(api: Api) -> None:
    made = api.post("subjects/", {"code": "abc", "name": "A"}).json()

    assert api.patch(f"subjects/{made['id']}/", {"code": "A\u00adBC"}).json()["code"] == "ABC"


def test_a_code_that_another_takes_at_the_same_moment_is_no_fault_of_ours(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked and found it free: the constraint decides, and whoever comes second is told."""
    api.post("subjects/", {"code": "a", "name": "A"})
    monkeypatch.setattr(subjects, "_taken", lambda *_: [])

    answer = api.post("subjects/", {"code": "a", "name": "Again"})

    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")


def test_many_are_created_at_once(api: Api) -> None:
    rows = [{"code": f"s{number}", "name": f"S {number}"} for number in range(120)]

    answer = api.post("subjects/", rows)

    assert answer.status_code == 201
    assert [one["code"] for one in answer.json()] == [row["code"] for row in rows]
    assert Subject.objects.count() == 120


def test_of_many_all_or_none_are_created_and_every_bad_row_is_named(api: Api) -> None:
    api.post("subjects/", {"code": "taken", "name": "Taken"})
    rows = [{"code": "ok", "name": "Ok"}, {"code": "taken", "name": "X"}, {"code": "ok", "name": "Y"}]

    answer = api.post("subjects/", rows)
    lacking = api.post("subjects/", [{"code": "fine", "name": "Fine"}, {"code": "x"}])

    assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} == {
        ("/0/code", "duplicate_code"),
        ("/1/code", "taken"),
        ("/2/code", "duplicate_code"),
    }
    assert [one["pointer"] for one in lacking.json()["errors"]] == ["/1/name"]
    assert Subject.objects.count() == 1


@pytest.mark.parametrize("rows", [[], [{"code": "x", "name": "x"}] * 5001], ids=["none", "too many"])
def test_a_list_has_one_to_five_thousand_rows(api: Api, rows: list[Any]) -> None:
    assert api.post("subjects/", rows).status_code == 422
    assert not Subject.objects.exists()


def test_a_subject_that_was_assessed_stays(api: Api, assessment: Assessment) -> None:
    answer = api.delete(f"subjects/{assessment.subject_id}/")

    assert (answer.status_code, answer.json()["code"]) == (409, "subject_in_use")


def test_text_with_a_nul_is_refused(api: Api) -> None:
    assert api.post("subjects/", {"code": "a\0", "name": "A"}).status_code == 422


def test_export_gives_all_of_them_as_csv_or_json(api: Api) -> None:
    api.post("subjects/", [{"code": f"s{number}", "name": "=1+1"} for number in range(60)])

    as_csv = api.get("subjects/export/?format=csv")
    as_json = api.get("subjects/export/")
    marked = api.get("subjects/export/?format=csv&bom=1")

    lines = b"".join(as_csv.streaming_content).decode().splitlines()
    assert b"".join(marked.streaming_content).decode("utf-8-sig").splitlines() == lines
    assert api.get("subjects/export/?format=csv&bom=2").status_code == 422
    assert as_csv["Content-Type"] == "text/csv; charset=utf-8"
    assert (lines[0], len(lines)) == ("id,code,name,kind,group,created_at", 61)
    assert ",s0,'=1+1,,," in lines[1]
    import json

    assert len(json.loads(b"".join(as_json.streaming_content))) == 60


def _fill() -> None:
    now = timezone.now()
    Subject.objects.bulk_create(
        [Subject(code=f"c{number}", name=f"N {number}", created_at=now) for number in range(70)]
    )


@pytest.mark.requirement("PERF-002")
def test_a_page_costs_the_same_whatever_its_length(api: Api, django_assert_max_num_queries: Any) -> None:
    _fill()
    api.get("subjects/")

    with django_assert_max_num_queries(6):
        page = api.get("subjects/").json()

    assert len(page["results"]) == 50
    assert page["next"] is not None


def test_pages_together_are_the_whole_list(api: Api) -> None:
    _fill()
    seen: list[str] = []
    path: str | None = "subjects/?page_size=30"
    while path:
        page = api.get(path).json()
        seen += [one["code"] for one in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]

    assert seen == [f"c{number}" for number in reversed(range(70))]


@pytest.mark.requirement("DB-002")
def test_another_tenants_subjects_are_not_there(api: Api, beta_api: Api) -> None:
    made = api.post("subjects/", {"code": "a", "name": "A"}).json()

    assert beta_api.get("subjects/").json()["results"] == []
    assert beta_api.get(f"subjects/{made['id']}/").status_code == 404
    assert beta_api.patch(f"subjects/{made['id']}/", {"name": "B"}).status_code == 404
    assert b"".join(beta_api.get("subjects/export/").streaming_content) == b"[]"
    assert beta_api.post("subjects/", {"code": "a", "name": "A"}).status_code == 201


@pytest.mark.parametrize("name", ["\u200b", "\u202e \u00ad"], ids=["zero width", "direction and soft hyphen"])
def test_a_name_shows_something_and_is_kept_without_what_does_not(api: Api, name: str) -> None:
    refused = api.post("subjects/", {"code": "a", "name": name})
    made = api.post("subjects/", {"code": "b", "name": f"Har\u202ebour {name}"})

    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/name", "blank")]
    assert made.json()["name"] == "Harbour"


@pytest.mark.thorough
def test_more_codes_are_looked_for_than_a_statement_takes_parameters(ada: User) -> None:
    subjects.create_subjects([{"code": "last", "name": "L"}], acting_user=ada, now=timezone.now())
    rows = [{"code": f"s{number}", "name": "N"} for number in range(66_000)]

    found = subjects.subjects_by_code([*(row["code"] for row in rows), "LAST"], acting_user=ada)
    with pytest.raises(Invalid) as refused:
        subjects.create_subjects([*rows, {"code": "Last", "name": "N"}], acting_user=ada, now=timezone.now())

    assert list(found) == ["LAST"]
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/66000/code", "taken")]
