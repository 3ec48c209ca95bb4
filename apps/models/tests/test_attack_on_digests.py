"""Whoever has all that is stored, and no key, tries everything that two people can have answered to two questions."""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django_tenants.utils import schema_context

import resimate_engine as engine
from apps.accounts.models import User
from apps.core.tests.dumps import dumped, in_redis
from apps.models import services
from apps.models.models import Assessment, ScoredUnit, ScoreRun
from apps.models.services.undoing import fingerprint_of
from apps.models.tests.conftest import Api
from apps.models.tests.references.models import ASKED
from resimate_engine.document import digest

pytestmark = [pytest.mark.requirement("SEC-DATA-001"), pytest.mark.thorough]
CHOICES = (1, 2, 3, 4, 5, "not_applicable", "dont_know", None)
SAID = {"r0": {"N1": 4, "N2": 2}, "r1": {"N1": 1, "N2": "dont_know"}}
VALUES = range(1000)
IMETA = "Level,iCode,iName,Direction,Weight,Parent,Type\n2,Index,All,1,1,,Aggregate\n1,X,X,1,1,Index,Indicator\n"
IDATA = "uName,uCode,Time,X\nAustria,AUT,2024,731\n"
HEX = re.compile(rb"[0-9a-f]{64,}")


def _sheets() -> Iterator[dict[str, Any]]:
    for values in product(CHOICES, repeat=2):
        yield {name: value for name, value in zip(("N1", "N2"), values, strict=True) if value is not None}


def _hidden(text: bytes) -> Iterator[str]:
    """Whatever may be a SHA-256 there, in capitals or not."""
    for run in HEX.findall(text.lower()):
        for start in range(len(run) - 63):
            yield run[start : start + 64].decode()


def found(stored: bytes, tried: set[str]) -> set[str]:
    """Which of these digests are somewhere in it, as digits or as they are."""
    in_digits = {one for one in _hidden(stored) if one in tried}
    return in_digits | {one for one in tried if bytes.fromhex(one) in stored}


def _guesses(run: ScoreRun, path: str) -> set[str]:
    """All digests that an attacker can think of, who knows everything but the answers."""
    digest_of = engine.input_digests(services.parsed(run.version))
    tried: set[str] = set()
    for first, second in product(_sheets(), repeat=2):
        given = [
            {"rater": rater, "group": None, "answers": answers}
            for rater, answers in zip(SAID, (first, second), strict=True)
        ]
        unit = {"id": "harbour", "group": "sites", "values": {}, "responses": given}
        kept = [{"answers": answers} for answers in (first, second)]
        frozen = {"id": "harbour", "group": "sites", "responses": kept}
        tried |= {digest_of([unit]), digest(unit), digest([frozen])}
    for sheet, rater in product(_sheets(), SAID):
        body = json.dumps({"rater": rater, "answers": sheet}).encode()
        tried |= {digest(sheet), hashlib.sha256(f"/api/v1/{path}".encode() + b"\0" + body).hexdigest()}
    return tried


def test_no_stored_digest_can_be_guessed(api: Api, publish: Any, harbour: Any, ada: User, now: Any) -> None:
    version = publish(ASKED)
    assessment = services.create_assessment(version=version, subject=harbour, period="2026", acting_user=ada, now=now)
    path = f"assessments/{assessment.pk}/responses/"
    for rater, answers in SAID.items():
        assert api.post(path, {"rater": rater, "answers": answers}, idempotency_key=rater).status_code == 201
    for response in assessment.responses.all():
        services.submit(response, acting_user=ada, now=now)
    (run,) = services.score_assessments([assessment], now=now)
    frozen, _ = services.freeze_period(version, "B", "2026", acting_user=ada, now=now)
    files = [{"name": name, "text": text} for name, text in (("iMeta.csv", IMETA), ("iData.csv", IDATA))]
    imported = api.post("models/import/", {"files": files, "publish": True})
    assert imported.status_code == 201, imported.content
    made = list(Assessment.objects.filter(subject__code="AUT"))
    trace = services.trace_of(services.stored_calculation(run))

    tried = _guesses(run, path)
    tried |= {digest(sorted([str(one.pk), {"X": x}, one.period] for one in made)) for x in VALUES}
    everything = b"\n".join(row.encode() for _, row in dumped())
    with schema_context("public"):
        everything += b"\n".join(row.encode() for _, row in dumped())
    everything += in_redis()

    assert {trace["input_digest"], digest(services.units_of_set(frozen))} <= tried  # they would have been found
    assert {digest(unit) for unit in trace["units"]} <= tried
    assert len(found(everything + trace["input_digest"].upper().encode(), tried)) == 1
    assert found(everything, tried) == set()
    assert (ScoredUnit.objects.count(), fingerprint_of(made).encode() in everything) == (1, True)
