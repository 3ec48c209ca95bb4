"""``manage.py score``: from two files to a table, without a database."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.models import services
from apps.models.tests.conftest import REFERENCE, STARTERS, SURVEY
from resimate_engine import ENGINE_VERSION
from resimate_engine.document import digest

ROOT = Path(__file__).parents[2]
HDI = STARTERS / "hdi.json"

pytestmark = pytest.mark.requirement("CMS-002")


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def _score(*arguments: Any) -> Done:
    """Run the command in this process, which is thirty times faster."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("score", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return Done(int(str(end.code)), out.getvalue(), err.getvalue())
    return Done(0, out.getvalue(), err.getvalue())


def _score_alone(*arguments: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "score", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(
        "id,group,life_expectancy,expected_schooling,mean_schooling,gni_per_capita\n"
        "NOR,europe,83.393,18.6,13.06,69189.76\nAFG,asia,62.879,10.705,2.515,1335.2\n"
    )
    return path


def test_it_needs_no_database_and_prints_an_aligned_table(data: Path, tmp_path: Path) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"

    done = _score_alone(
        HDI, data, DATABASE_URL=nowhere, DATABASE_OWNER_URL=nowhere, RESIMATE_DATA_DIR=str(tmp_path / "no")
    )

    assert (done.returncode, done.stderr) == (0, "")
    head, norway, afghanistan = done.stdout.splitlines()
    assert head.split() == ["id", "score", "rank", "band", "coverage", "reason"]
    assert norway.split()[::2][0] == "NOR"
    assert abs(float(norway.split()[1]) - 0.966) < 0.001
    assert afghanistan.split()[2] == "2"


def test_it_answers_in_json_as_the_api_does(data: Path) -> None:
    done = _score(HDI, data, "--json")

    body = json.loads(done.stdout)
    assert [one["id"] for one in body["results"]] == ["NOR", "AFG"]
    assert body.keys() == {"engine_version", "input_digest", "duration_ms", "results", "warnings"}


def test_it_writes_a_file(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"

    done = _score(HDI, data, "--out", out)

    assert done.stdout.strip() == f"2 units scored, written to {out}."
    with out.open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["NOR", "AFG"]


def test_it_reads_answers_in_the_long_form(tmp_path: Path) -> None:
    model, data = tmp_path / "model.json", tmp_path / "answers.csv"
    model.write_text(json.dumps(SURVEY))
    data.write_text("id,rater,group,question,value\nh,r1,staff,L1,5\nh,r1,staff,L2,3\nh,r1,staff,N1,1\n")

    (result,) = json.loads(_score(model, data, "--json").stdout)["results"]

    assert result["score"] == 56.25


@pytest.mark.parametrize(
    ("model", "rows", "sentence"),
    [
        (None, "id\nx\n", "missing.json cannot be read: No such file or directory."),
        ("{", "id\nx\n", "Not json:"),
        ('{"schema": NaN}', "id\nx\n", "NaN is not a number in JSON"),
        ("{}", "id\nx\n", "/code: code is missing."),
        (SURVEY, "name\nx\n", "the first line must name the columns"),
        (SURVEY, "id,L1\nx,9;9\n", "is not a number"),
        (SURVEY, "id,rater,question,value\nx,r,L1,9\n", "L1: not one of the options of likert5."),
    ],
    ids=["no file", "no JSON", "NaN", "no model", "no id", "no number", "off scale"],
)
def test_bad_input_is_said_in_sentences_with_exit_1(tmp_path: Path, model: Any, rows: str, sentence: str) -> None:
    path, data = tmp_path / "missing.json", tmp_path / "data.csv"
    if model is not None:
        path.write_text(model if isinstance(model, str) else json.dumps(model))
    data.write_text(rows)

    done = _score(path, data)

    assert done.returncode == 1
    assert sentence.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_what_it_says_of_a_file_keeps_the_names_of_the_file(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("id,question,value\nNOR,L1,1\nNOR,L1,2\n")

    assert "Line 3: L1 is already answered in an earlier line." in _score(HDI, data).stderr


def test_wrong_usage_is_exit_2() -> None:
    assert _score_alone(HDI).returncode == 2


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace as the API writes it, of a harbour that two people assessed."""
    model = services.model_of(SURVEY)
    responses = [{"rater": f"r{value}", "answers": {"L1": value, "L2": 3, "N1": 1}} for value in (4, 5)]
    units: list[dict[str, Any]] = [{"id": "harbour", "group": None, "values": {}, "responses": responses}]
    results = services.calculate(model, units)
    (found,) = results["results"]
    nodes = {code: {"raters": None, **node} for code, node in found["nodes"].items()}
    path = tmp_path / "trace.json"
    content = {
        "schema": "resimate.trace/1",
        "run": "01940000-0000-7000-8000-000000000000",
        "assessment": "01940000-0000-7000-8000-000000000001",
        "calculated_at": "2026-11-02T09:00:00+00:00",
        **{name: results[name] for name in ("engine_version", "input_digest")},
        "model_digest": model.digest,
        "model": SURVEY,
        "units": units,
        "options": {},
        "unit": "harbour",
        "result": {**{name: found[name] for name in ("score", "reason", "band", "coverage")}, "nodes": nodes},
        "explanation": services.explain(model, units, "harbour"),
    }
    path.write_text(json.dumps(content))
    return path


def _change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_trace_is_proved_without_a_database(trace: Path, tmp_path: Path) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"

    done = _score_alone(trace, DATABASE_URL=nowhere, DATABASE_OWNER_URL=nowhere, RESIMATE_DATA_DIR=str(tmp_path / "no"))

    assert (done.returncode, done.stderr) == (0, "")
    head, *rows, verdict = done.stdout.splitlines()
    assert head.split() == ["node", "value", "coverage", "weight", "same"]
    assert [(row.split()[0], row.split()[-1]) for row in rows] == [
        ("overall", "yes"), ("leadership", "yes"), ("network", "yes")
    ]  # fmt: skip
    assert verdict == "harbour: reproduced bit for bit."


def test_a_changed_trace_is_exit_1_and_one_sentence(trace: Path) -> None:
    result = json.loads(trace.read_text())["result"]
    told = result["nodes"]["leadership"]["value"]
    result["nodes"]["leadership"]["value"] = told + 1
    _change(trace, result=result)

    done = _score(trace)
    machine = _score(trace, "--json")

    sentence = f"/result/nodes/leadership/value: the trace says {told + 1}, the calculation gives {told}.\n"
    assert (done.returncode, done.stderr) == (1, sentence)
    assert [row.split()[-1] for row in done.stdout.splitlines()] == ["same", "yes", "no", "yes"]
    body = json.loads(machine.stdout)
    assert (machine.returncode, body["code"], body["reproduced"]) == (1, "not_reproduced", False)
    assert body["differences"] == [{"pointer": "/result/nodes/leadership/value", "told": told + 1, "found": told}]


def test_a_trace_in_json_says_what_was_proved(trace: Path) -> None:
    body = json.loads(_score(trace, "--json").stdout)

    assert (body["reproduced"], body["unit"], body["differences"]) == (True, "harbour", [])
    assert body["input_digest"] == json.loads(trace.read_text())["input_digest"]


def test_a_trace_of_another_engine_is_compared_and_said_to_be(trace: Path) -> None:
    content = json.loads(trace.read_text())
    old = digest(["0.9.0", content["model_digest"], content["units"], {}])
    _change(trace, engine_version="0.9.0", input_digest=old)

    done = _score(trace)

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == (
        f"Calculated by engine 0.9.0, compared by engine {ENGINE_VERSION}. harbour: reproduced bit for bit."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schema": "resimate.trace/2"}, "/schema: 'resimate.trace/1' was expected."),
        ({"unit": "nowhere"}, "/unit: there is no unit 'nowhere'."),
        ({"units": [{"id": "harbour", "values": {"x": "y"}}]}, None),
        ({"units": [{"id": "harbour", "responses": [{"answers": {"L1": 9}}]}]}, "/units/0/responses/0/answers/L1"),
        ({"model": {}}, "/model/code: code is missing."),
    ],
)
def test_what_is_no_trace_is_said_in_sentences(trace: Path, changes: dict[str, Any], sentence: str | None) -> None:
    _change(trace, **changes)

    done = _score(trace)

    assert done.returncode == 1
    assert (sentence or "digest") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_trace_takes_no_data_and_writes_no_scores(trace: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        _score(trace, "--out", tmp_path / "out.csv")

    assert refused.value.returncode == 2
    assert _score(trace, data).returncode == 1


@pytest.mark.skipif(not REFERENCE.exists(), reason=f"the reference data are not here: {REFERENCE}")
def test_it_gives_the_published_index_of_193_countries(tmp_path: Path) -> None:
    names = {"iso3": "id", "le": "life_expectancy", "eys": "expected_schooling", "mys": "mean_schooling"}
    with (REFERENCE / "undp_hdi_2022" / "hdi_2022.csv").open(newline="") as file:
        countries = list(csv.DictReader(file))
    data = tmp_path / "hdi.csv"
    with data.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names.values(), "gni_per_capita"])
        writer.writerows([*(row[name] for name in names), row["gnipc"]] for row in countries)

    results = json.loads(_score(HDI, data, "--json").stdout)["results"]

    scores = {one["id"]: one["score"] for one in results}
    assert len(scores) == 193
    assert all(abs(scores[row["iso3"]] - float(row["hdi"])) <= 0.00051 for row in countries)
