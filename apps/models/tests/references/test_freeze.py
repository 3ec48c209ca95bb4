"""Units that a relative model compares with, frozen: what was scored against them can be scored again for ever."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid
from apps.core.fields import fingerprint
from apps.core.models import Event
from apps.models import services
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Subject
from apps.models.tests.conftest import REFERENCE, SURVEY, Api
from apps.models.tests.references.models import ASKED, LOW_AND_HIGH, MEASURED, RANKING
from resimate_engine.canonical import digest
from resimate_engine.tests import documents
from resimate_engine.tests.test_reproduce_asem import asem_document, asem_units

pytestmark = pytest.mark.requirement("CMS-002")
Assess = Callable[..., Assessment]
ACME = {"host": "acme.localhost"}


def test_a_score_against_a_frozen_set_stays_when_others_are_assessed_later(
    wave: list[Assessment], version: ModelVersion, subjects: list[Subject], assess: Assess, ada: User, now: Any
) -> None:
    base, _ = services.freeze_period(version, "2026", "2026", acting_user=ada, now=now)
    free = assess(subjects[2], 5)
    held = assess(subjects[2], 5, reference_set=base)
    before = [services.score_assessment(one, now=now) for one in (held, free)]
    assess(subjects[0], -90)

    after = [services.score_assessment(one, now=now) for one in (held, free)]

    assert [run.score for run in before] == [0.5, 0.5]
    assert [run.score for run in after] == [0.5, 0.95]
    assert after[0] == before[0]
    assert [services.compared_with(run) for run in after] == [base, None]


def test_a_set_holds_the_latest_of_each_subject_that_has_something(
    wave: list[Assessment], version: ModelVersion, subjects: list[Subject], assess: Assess, ada: User, now: Any
) -> None:
    assess(subjects[0], 3)
    services.create_assessment(version=version, subject=subjects[2], period="2026", acting_user=ada, now=now)

    base, is_new = services.freeze_period(version, "2026", "2026", acting_user=ada, now=now)

    assert is_new
    assert services.units_of_set(base) == [{"id": "a", "values": {"x": 3}}, {"id": "b", "values": {"x": 10}}]
    assert (base.unit_count, base.source) == (2, {"period": "2026", "assessments": 2})
    assert AuditEntry.objects.get(action="reference_set.frozen").details["digest"] == base.digest
    assert Event.objects.get(name="reference_set.frozen").payload["reference_set_id"] == str(base.pk)


def test_nothing_of_who_answered_is_kept(publish: Any, harbour: Subject, ada: User, now: Any) -> None:
    version = publish(ASKED)
    assessment = services.create_assessment(version=version, subject=harbour, period="2026", acting_user=ada, now=now)
    for rater, answer in (("zoe", 1), ("adam", 5)):
        given = {"N1": answer, "N2": "dont_know"}
        response = services.create_response(
            assessment, rater=rater, group="board", answers=given, acting_user=ada, now=now
        )
        services.submit(response, now=now)
    services.create_response(assessment, rater="eve", answers={"N1": 3}, acting_user=ada, now=now)

    base, _ = services.freeze_period(version, "B", "2026", acting_user=ada, now=now)

    answers = [{"answers": {"N1": answer, "N2": "dont_know"}} for answer in (1, 5)]
    assert services.units_of_set(base) == [{"id": "harbour", "group": "sites", "responses": answers}]
    assert [list(row.values()) for row in services.table_of_set(base)][:2] == [
        ["harbour", "1", None, "N1", 1],
        ["harbour", "1", None, "N2", "dont_know"],
    ]


def test_the_same_content_is_kept_once_however_it_is_written(frozen: ReferenceSet, ada: User, now: Any) -> None:
    again = [
        {"id": "high", "values": {"x": 10.0}, "group": None},
        {"id": "low", "values": {"x": -0.0}, "responses": []},
    ]

    found, is_new = services.freeze_reference_set(frozen.version, "Other name", again, acting_user=ada, now=now)

    assert (found, found.name, is_new) == (frozen, "Base", False)
    assert AuditEntry.objects.filter(action="reference_set.frozen").count() == 1


@pytest.mark.parametrize("x", [0.1, 1e22, 1e-7, -0.0, 2**60, 123456789.125])
def test_the_digest_can_be_worked_out_from_what_is_read_back(
    api: Api, version: ModelVersion, ada: User, now: Any, x: float
) -> None:
    units = [{"id": "u", "values": {"x": x}}]
    kept = services.freeze_reference_set(version, "B", units, acting_user=ada, now=now)[0]

    read = b"".join(api.get(f"reference-sets/{kept.pk}/units/").streaming_content)

    assert fingerprint(digest(services.units_of_set(ReferenceSet.objects.get(pk=kept.pk)))) == kept.digest
    assert fingerprint(digest(json.loads(read))) == kept.digest


@pytest.mark.parametrize(
    ("units", "pointer", "code"),
    [
        ([{"id": "u", "values": {"x": "much"}}], "/units/0/values/x", "not_a_number"),
        ([{"id": "u"}, {"id": "u"}], "/units/1/id", "duplicate_id"),
        ([{"id": "u", "values": {"y": 1}}], "/units", "unknown_input"),
        ([], "/units", "bad_length"),
        ([{"id": str(n)} for n in range(5001)], "/units", "bad_length"),
        ({}, "/units", "not_a_list"),
    ],
)
def test_the_engine_says_what_is_wrong_with_units(
    version: ModelVersion, ada: User, now: Any, units: Any, pointer: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.freeze_reference_set(version, "B", units, acting_user=ada, now=now)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [(pointer, code)]
    assert not ReferenceSet.objects.exists()


@pytest.mark.parametrize(
    ("document", "retire", "code"),
    [(SURVEY, False, "not_relative"), (MEASURED, True, "version_not_published"), (RANKING, False, "ranks_units")],
)
def test_a_version_that_has_no_use_for_a_set_is_refused(
    publish: Any, ada: User, now: Any, document: dict[str, Any], retire: bool, code: str
) -> None:
    version = publish(document)
    if retire:
        version = services.retire_version(version, acting_user=ada, now=now)

    with pytest.raises(Invalid) as refused:
        services.freeze_reference_set(version, "B", LOW_AND_HIGH, acting_user=ada, now=now)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/version", code)]


def test_a_set_is_never_changed_once_it_is_frozen(frozen: ReferenceSet) -> None:
    for change in (lambda: ReferenceSet.objects.update(name="x"), frozen.delete):
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"), transaction.atomic():
            change()


HDI, ASEM = REFERENCE / "undp_hdi_2022" / "hdi_2022.csv", REFERENCE / "asem_coinr"


def _hdi() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The HDI's inputs by min-max instead of goalposts."""
    columns = ("le", "eys", "mys", "gnipc")
    leaves = [{"code": name, "indicator": {"input": name, "normalisation": "min_max"}} for name in columns]
    root = {"code": "all", "aggregation": "arithmetic_mean", "children": leaves}
    units = [{"id": row["iso3"], "values": {name: float(row[name]) for name in columns}} for row in documents.rows(HDI)]
    return {**MEASURED, "root": root}, units


def _asem() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """With means of groups in the gaps, outliers pulled in, and min-max."""
    return asem_document(ASEM), asem_units(ASEM)


@pytest.mark.parametrize("data", [_hdi, _asem], ids=["HDI", "ASEM"])
@pytest.mark.skipif(not HDI.exists(), reason=f"the reference data are not here: {REFERENCE}")
def test_countries_against_a_frozen_set_get_what_the_inline_call_gives(
    publish: Any, ada: User, now: Any, api: Api, data: Any
) -> None:
    """Each country's stored score equals, bit for bit, that of a call with all of them."""
    document, units = data()
    version = publish(document)
    frozen, _ = services.freeze_reference_set(version, "All", units, acting_user=ada, now=now)
    rows = [{"code": one["id"], "name": one["id"], "group": one.get("group") or ""} for one in units[:12]]
    subjects = services.create_subjects(rows, acting_user=ada, now=now)
    values = {one["id"]: {name: x for name, x in one["values"].items() if x is not None} for one in units}
    made = services.create_assessments(
        [{"version": version, "subject": one, "values": values[one.code], "reference_set": frozen} for one in subjects],
        acting_user=ada,
        now=now,
    )

    inline = api.post("calculations/", {"model": document, "units": units}).json()["results"]
    runs = services.score_assessments(made, now=now)

    expected = {one["id"]: one["score"] for one in inline}
    assert [run.score for run in runs] == [expected[run.unit] for run in runs]
    assert len({run.score for run in runs}) == 12
