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
from django.core.management import call_command

from apps.models.tests.conftest import REFERENCE, STARTERS, SURVEY

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
        ('{"schema": NaN}', "id\nx\n", "NaN is no number of JSON"),
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


def test_wrong_usage_is_exit_2() -> None:
    assert _score_alone(HDI).returncode == 2


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
