"""Prometheus' own tool evaluates the rules: each alert calls in its situation, and keeps still in the one beside it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import rules
from resimate.tests.kubernetes.manifests import ROOT
from resimate.tests.kubernetes.situations import ON_MACHINES, SITUATIONS, Situation
from resimate_servers.tests.toxiproxy import needed

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("ALERT-001")]


@pytest.fixture
def promtool() -> Path:
    installed = shutil.which("promtool")
    return Path(installed) if installed else needed(ROOT / "build/peers/prometheus/usr/bin/promtool", "promtool")


def _said(name: str, situation: Situation) -> dict[str, Any]:
    """What the alert says there; texts are told with its labels."""
    rule = rules.alerts()[name]

    def told(match: re.Match[str]) -> str:
        labels = re.findall(r"\$labels\.(\w+)", match[1])
        return next(situation.labels[one] for one in labels if one in situation.labels)

    annotations = {key: re.sub(r"\{\{(.*?)\}\}", told, text) for key, text in rule.annotations.items()}
    return {"exp_labels": situation.labels | rule.labels, "exp_annotations": annotations}


def _case(name: str, situation: Situation, *, calls: bool) -> dict[str, Any]:
    series = situation.calls if calls else situation.still
    asked = {"eval_time": f"{situation.at}m", "alertname": name}
    return {
        "name": f"{name} {'calls' if calls else 'keeps still'}",
        "interval": f"{situation.step}m",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "alert_rule_test": [asked | {"exp_alerts": [_said(name, situation)] if calls else []}],
    }


def _run(promtool: Path, folder: Path, cases: list[dict[str, Any]], step: int) -> subprocess.CompletedProcess[str]:
    told = {"rule_files": [str(rules.PLAIN)], "evaluation_interval": f"{step}m", "tests": cases}
    path = folder / f"cases-{step}.yml"
    path.write_text(yaml.safe_dump(told, width=1000))
    return subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True, check=False)


def _cases(step: int) -> list[dict[str, Any]]:
    every = [*SITUATIONS.items(), *ON_MACHINES.items()]
    return [_case(name, one, calls=calls) for name, one in every if one.step == step for calls in (True, False)]


def test_the_rules_are_such_that_prometheus_reads(promtool: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(rules.PLAIN.read_text().replace("sum by (role)", "sum bye (role)"))

    for path, status in ((rules.PLAIN, 0), (broken, 1)):
        assert subprocess.run([promtool, "check", "rules", path], capture_output=True, check=False).returncode == status


def test_every_alert_has_its_situation() -> None:
    assert set(SITUATIONS) == set(rules.alerts())
    assert {one.step for one in SITUATIONS.values()} == {1, 10}


@pytest.mark.parametrize("step", [1, 10])
def test_alerts_call_where_they_shall_and_keep_still_beside(promtool: Path, tmp_path: Path, step: int) -> None:
    done = _run(promtool, tmp_path, _cases(step), step)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_situation_that_is_told_wrong_is_noticed(promtool: Path, tmp_path: Path) -> None:
    """Calls and stillness exchanged: each of the cases fails."""
    swapped = [Situation(one.still, one.calls, one.labels, one.at, one.step) for one in SITUATIONS.values()]
    cases = [
        _case(name, one, calls=calls)
        for name, one in zip(SITUATIONS, swapped, strict=True)
        if one.step == 1
        for calls in (True, False)
    ]

    done = _run(promtool, tmp_path, cases, 1)

    failed = set(re.findall(r"alertname: (\w+)", done.stdout + done.stderr))
    assert failed == {name for name, one in SITUATIONS.items() if one.step == 1}
