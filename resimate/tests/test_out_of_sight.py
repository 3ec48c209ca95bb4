"""Whoever names something that they may not see is answered as if it were not there, in the very same words."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.models import services as models
from apps.models.models import Subject
from apps.models.tests.references.models import ASKED, LOW_AND_HIGH, MEASURED
from resimate.tests.permitted import browser_of, somebody

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
CALCULATE, ASSESS = ["calculations:tenant:create"], ["assessments:tenant:create"]
IMPORT = [*ASSESS, "models:tenant:create", "subjects:tenant:create"]
CAMPAIGN = ["campaigns:tenant:create"]
UNITS = [{"id": "u", "values": {"x": 1}}]
AGAINST = {"model": MEASURED, "units": UNITS, "options": {"reference": {"set": "{set}"}}}
FILES = {"files": [{"name": "values.csv", "text": "id;x\nu;1\n"}]}
MODEL = {"files": [{"name": "model.json", "text": json.dumps({**MEASURED, "code": "another"})}]}
MODELS, SUBJECTS, SETS = "models:tenant:read", "subjects:tenant:read", "assessments:tenant:read"
ASSESSMENT = {"version": "{version}", "subject": "{subject}", "period": "2026", "values": {"x": 1}}
BROUGHT = {"version": "{version}", "period": "2026", "units": UNITS}
CHECK = {"name": "Check", "version": "{asked}", "subject": "{subject}", "closes_at": "{later}"}

#: Where it is sent, which name in the body is out of sight, the body, and what the caller may do.
TABLE: list[tuple[str, str, Any, list[str]]] = [
    ("calculations/", "version", {"model": {"version": "{version}"}, "units": UNITS}, CALCULATE),
    ("calculations/", "set", AGAINST, [*CALCULATE, "assessments:own:read"]),
    ("assessments/", "version", ASSESSMENT, [*ASSESS, SUBJECTS]),
    ("assessments/", "subject", ASSESSMENT, [*ASSESS, MODELS]),
    ("assessments/", "set", {**ASSESSMENT, "reference_set": "{set}"}, [*ASSESS, MODELS, SUBJECTS]),
    ("assessments/import/", "version", BROUGHT, [*ASSESS, SUBJECTS]),
    ("assessments/import/", "set", {**BROUGHT, "reference_set": "{set}"}, [*ASSESS, MODELS, SUBJECTS]),
    ("models/import/", "version", {**FILES, "version": "{version}"}, IMPORT),
    ("models/import/", "version", {**MODEL, "version": "{version}"}, IMPORT),
    ("reference-sets/", "version", {"version": "{version}", "name": "N", "units": LOW_AND_HIGH}, ASSESS),
    ("campaigns/", "asked", CHECK, [*CAMPAIGN, SUBJECTS]),
    ("campaigns/", "subject", CHECK, [*CAMPAIGN, MODELS]),
    ("campaigns/", "set", {**CHECK, "reference_set": "{set}"}, [*CAMPAIGN, MODELS, SUBJECTS]),
]


@pytest.fixture
def things(acme: Any, now: datetime) -> dict[str, str]:
    """The ids of what there is."""
    measured, asked = (
        models.publish_version(models.import_document(one, acting_user=None, now=now), acting_user=None, now=now)
        for one in (MEASURED, ASKED)
    )
    subject = models.create_subject(code="u", name="U", acting_user=None, now=now)
    frozen, _ = models.freeze_reference_set(measured, "Base", LOW_AND_HIGH, acting_user=None, now=now)
    ids = {"version": measured.pk, "asked": asked.pk, "subject": subject.pk, "set": frozen.pk}
    return {name: str(pk) for name, pk in ids.items()}


def _filled(body: Any, things: dict[str, str]) -> str:
    text = json.dumps(body)
    for name, value in things.items():
        text = text.replace(f'"{{{name}}}"', f'"{value}"')
    return text


def test_what_is_out_of_sight_is_answered_as_what_is_not_there(things: dict[str, str], now: datetime) -> None:
    things["later"] = (datetime.now(tz=now.tzinfo) + timedelta(days=9)).isoformat()
    unlike, not_refused = [], []
    for path, name, body, permissions in TABLE:
        browser = browser_of(somebody(permissions, now))
        nowhere = str(uuid4())
        answers = [
            browser.post(f"/api/v1/{path}", _filled(body, {**things, name: one}), "application/json")
            for one in (things[name], nowhere)
        ]
        seen, missing = (_said(one, pk) for one, pk in zip(answers, (things[name], nowhere), strict=True))
        unlike += [] if seen == missing else [(path, name, seen, missing)]
        not_refused += [] if {one.status_code for one in answers} == {422} else [(path, name, seen)]

    assert (unlike, not_refused) == ([], [])
    assert Subject.objects.count() == 1


def _said(answer: Any, pk: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.content.decode().replace(pk, "ID"))
    return {name: value for name, value in body.items() if name in ("status", "code", "title", "detail", "errors")}
