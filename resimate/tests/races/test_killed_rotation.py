"""A rotation is killed in the middle, while others read and write: nobody notices, and the next one goes on."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from apps.core import crypto
from apps.core.models import RememberedAnswer
from apps.keys.columns import columns
from apps.keys.models import DataKey
from resimate.tests.database import NOW, ROOT, SERVERS, url_of

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("SEC-DATA-001")]
ROWS = 40_000
PATIENCE = 300.0


def start(*arguments: str) -> "subprocess.Popen[str]":
    name = settings.DATABASES["default"]["NAME"]
    urls = {"DATABASE_URL": url_of(SERVERS.app_url, name), "DATABASE_OWNER_URL": url_of(SERVERS.owner_url, name)}
    command = [sys.executable, "manage.py", "keys", *arguments, "--tenant", "acme", "--json"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | urls, stdout=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> Any:
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return json.loads(said)


def store(count: int) -> list[Any]:
    answers = [
        RememberedAnswer(user=uuid4(), key=str(uuid4()), request_digest=b"d" * 32, body=f"of {n}", created_at=NOW)
        for n in range(count)
    ]
    return [one.pk for one in RememberedAnswer.objects.bulk_create(answers, batch_size=2000)]


def under(version: int) -> int:
    return sum(column.under("acme", version).count() for column in columns("acme"))


class Load(threading.Thread):
    """Reads, changes and adds, until it is stopped; ``failures`` is what went wrong, ``done`` how often it did not."""

    def __init__(self, pks: list[Any]) -> None:
        super().__init__(daemon=True)
        self.pks, self.failures, self.done = pks, list[str](), 0
        self.over = threading.Event()

    def run(self) -> None:
        with schema_context("acme"):
            while not self.over.is_set():
                try:
                    self._once(random.choice(self.pks))
                    self.done += 1
                except Exception as error:  # noqa: BLE001  it is what the test looks at
                    self.failures.append(repr(error))
        connection.close()

    def _once(self, pk: Any) -> None:
        answer = RememberedAnswer.objects.get(pk=pk)
        assert answer.body.startswith("of ")
        answer.body = f"{answer.body}"
        answer.save(update_fields=["body"])
        store(1)


def test_a_rotation_that_is_killed_under_load_is_finished_by_the_next(acme: None) -> None:
    load = Load(store(ROWS))
    load.start()
    killed = start("rotate")
    until = time.monotonic() + PATIENCE
    while not (written := under(2)) > 2000 and time.monotonic() < until:
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert written > 2000
    left = under(1)
    assert left > 0, "it was finished before it was killed"

    outcome = finish(start("rotate", "--resume"))["rotated"][0]
    load.over.set()
    load.join(PATIENCE)
    again = finish(start("rotate", "--resume"))["rotated"][0]
    verified = finish(start("verify"))["verified"][0]

    print(f"{written} written, killed, {left} left; then {outcome['written']}, {again['written']}; load {load.done}")  # noqa: T201
    assert load.failures == []
    assert load.done > 20
    assert (outcome["version"], outcome["failed"], again["left"], under(2)) == (2, [], 0, verified["values"])
    assert verified["problems"] == []
    assert DataKey.objects.of("acme").count() == 2
    assert crypto.keyring().active("acme", "field").version in (1, 2)
