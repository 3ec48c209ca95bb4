"""Processes of the image keep to their role, and say in a sentence why they do not start."""

import json
import subprocess
from pathlib import Path

import pytest

from apps.core import roles
from resimate.tests.image.containers import Image
from resimate.tests.image.installation import PATIENCE, Installation
from resimate.tests.test_roles import PATHS
from resimate_servers import ports

pytestmark = [pytest.mark.requirement("AR-003", "AR-002"), pytest.mark.image]

BACKGROUND = [role for role in roles.ALL if role not in roles.WEBS]


@pytest.mark.parametrize("role", roles.WEB)
def test_a_web_process_answers_at_its_own_addresses_alone(installation: Installation, role: str) -> None:
    with installation.pod(role) as pod:
        answers = {of: pod.get(path, key=installation.key) for of, path in PATHS.items()}
        static, _ = pod.get("/static/staticfiles.json")
        metrics, _ = pod.get("/metrics", port=pod.management)

    assert {of for of, (status, _) in answers.items() if status != 404} == {role}
    others = [json.loads(body) for of, (_, body) in answers.items() if of != role]
    assert all(role in one["detail"] for one in others)
    assert (static, metrics) == (404 if role in roles.API else 200, 200)
    assert pod.process.returncode == 0


@pytest.mark.parametrize("role", BACKGROUND)
def test_what_works_in_the_background_is_probed_and_ends_when_it_is_told_to(
    installation: Installation, role: str
) -> None:
    with installation.pod(role) as pod:
        status, said = pod.get("/health/ready", port=pod.management)

    assert (status, json.loads(said)["dependencies"]["database"]["up"]) == (200, True)
    assert pod.process.returncode == 0


REFUSALS: dict[str, tuple[dict[str, str | None], str]] = {
    "a role that there is not": ({"RESIMATE_ROLE": "api"}, "RESIMATE_ROLE is 'api'; it takes one of: auth, core-api,"),
    "no secret to sign with": ({"SECRET_KEY": ""}, "Set SECRET_KEY: it signs sessions: 50 random characters."),
    "no key of keys": ({"ENCRYPTION_KEY": ""}, "Set ENCRYPTION_KEY: it protects personal data; base64 of 32"),
    "a secret's file that is not there": (
        {"DATABASE_URL": None, "DATABASE_URL_FILE": "/run/secrets/resimate/DATABASE_URL"},
        "DATABASE_URL_FILE names /run/secrets/resimate/DATABASE_URL, which cannot be read: No such file or directory.",
    ),
    "no database": ({"DATABASE_URL": None}, "Set DATABASE_URL: production does not run on the embedded PostgreSQL."),
    "a database elsewhere without TLS": (
        {"DATABASE_URL": "postgres://resimate_app:x@database.example/resimate"},
        "DATABASE_URL",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_it_says_in_a_sentence_why_it_does_not_start(image: Image, tmp_path: Path, case: str) -> None:
    changed, sentence = REFUSALS[case]
    told = Installation(image, tmp_path).environment | {
        "RESIMATE_ROLE": "core-api",
        "RESIMATE_PORT": str(ports.choose("refused", {})),
    }
    data = tmp_path / "data"
    data.mkdir()

    process = image.start(
        data=data,
        given={name: value for name, value in (told | changed).items() if value is not None},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    # Beside the sentence there may be a line of the log, by the process that watches over the one that serves.
    [said] = [line for line in said.splitlines() if not line.startswith("{")]
    assert said.startswith(sentence)
