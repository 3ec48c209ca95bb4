"""ZAP's plan has jobs and parameters of a list of ours, and asks for addresses that there are."""

from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import resolve

pytestmark = pytest.mark.requirement("DEV-001")
#: Jobs in the order in which they are of use, with those of their parameters that we set.
JOBS = {
    "passiveScan-config": {"maxAlertsPerRule", "scanOnlyInScope"},
    "openapi": {"apiUrl", "targetUrl", "context"},
    "spider": {"context", "url", "maxDuration"},
    "passiveScan-wait": {"maxDuration"},
    "activeScan": {"context", "maxScanDurationInMins", "threadPerHost"},
    "report": {"template", "reportDir", "reportFile", "reportTitle"},
    "exitStatus": {"errorLevel", "warnLevel"},
}
URL = "${RESIMATE_URL}"


def _plan() -> dict[str, Any]:
    plan: dict[str, Any] = yaml.safe_load((settings.BASE_DIR / "infra/zap/plan.yaml").read_text())
    return plan


def test_jobs_are_those_that_zap_knows_in_an_order_of_use() -> None:
    jobs = _plan()["jobs"]

    assert [(one["type"], set(one["parameters"])) for one in jobs] == list(JOBS.items())
    assert jobs[-1]["parameters"] == {"errorLevel": "Medium", "warnLevel": "Low"}
    assert all(set(one) <= {"type", "parameters", "policyDefinition"} for one in jobs)


def test_it_stays_at_the_host_that_it_is_given_and_keeps_no_secret() -> None:
    plan = _plan()
    (context,) = plan["env"]["contexts"]

    assert context["urls"] == [URL]
    assert context["includePaths"] == [f"{URL}/.*"]
    for job in plan["jobs"]:
        told = job["parameters"]
        assert told.get("context", context["name"]) == context["name"]
        assert all(told[key].startswith(URL) for key in ("url", "apiUrl", "targetUrl") if key in told)
    assert context["sessionManagement"]["parameters"] == {"Authorization": "Bearer ${RESIMATE_API_KEY}"}


def test_addresses_that_it_names_are_there() -> None:
    plan = _plan()
    asked = next(one["parameters"]["apiUrl"] for one in plan["jobs"] if one["type"] == "openapi")
    left_out = [path.removeprefix(URL).removesuffix(".*") for path in plan["env"]["contexts"][0]["excludePaths"]]

    assert resolve(asked.removeprefix(URL), "resimate.urls.tenant").view_name == "schema"
    assert left_out == ["/sign-out/"]
    assert [resolve(path, "resimate.urls.tenant").view_name for path in left_out] != []
