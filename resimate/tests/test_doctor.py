"""The doctor names what is wrong with scores and with what works beside the web server."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django_tenants.utils import schema_context

from apps.campaigns.tests.story import make_version
from apps.core import degraded, parts
from resimate.management.commands import doctor
from resimate.management.commands.doctor import Finding, examine
from resimate_engine import METHODS

pytestmark = [pytest.mark.django_db(databases=["default", "owner"]), pytest.mark.requirement("AR-003", "CMS-002")]


def _examined() -> dict[str, Finding]:
    with schema_context("public"):
        return {finding.what: finding for finding in examine()}


def test_it_says_which_process_is_not_there(acme: Any) -> None:
    degraded.beat("scheduler")

    found = _examined()

    assert (found["scheduler"].well, found["scheduler"].detail) == (True, "alive")
    assert (found["worker"].well, found["worker"].detail) == (False, "never seen")
    assert "RESIMATE_ROLE=worker" in found["worker"].mend


def test_it_asks_every_part_that_an_app_declares(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", parts.PARTS | {"tea_kettle": replace(parts.PARTS["disk"], name="tea_kettle")})
    monkeypatch.setattr(parts, "_asked", lambda part: parts.State(part.name != "tea_kettle", detail=f"a {part.name}"))

    found = _examined()

    assert found.keys() == {"settings", *(name.replace("_", " ") for name in parts.PARTS), "tea kettle"}
    assert found["disk"] == Finding("disk", True, "a disk", "")
    assert found["tea kettle"] == Finding("tea kettle", False, "a tea_kettle", parts.PARTS["disk"].mend)


def test_it_calculates_published_versions_anew(acme: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    make_version(now)
    assert _examined()["published versions"] == Finding("published versions", True, "1 give the same scores", "")
    mean = METHODS["aggregation"]["arithmetic_mean"]
    broken = replace(mean, function=lambda *given: mean.function(*given) / 2)
    monkeypatch.setitem(METHODS["aggregation"], "arithmetic_mean", broken)

    found = _examined()["published versions"]

    assert (found.well, found.detail) == (False, "1 of 1 no longer give the same scores")
