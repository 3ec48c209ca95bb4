"""A rotation in a process of its own, and somebody who reads, changes and adds meanwhile."""

import json
import os
import random
import subprocess
import sys
import threading
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from apps.core.models import RememberedAnswer
from apps.keys.columns import columns
from resimate.tests.database import NOW, ROOT, SERVERS, url_of


def start(*arguments: str) -> "subprocess.Popen[str]":
    name = settings.DATABASES["default"]["NAME"]
    urls = {"DATABASE_URL": url_of(SERVERS.app_url, name), "DATABASE_OWNER_URL": url_of(SERVERS.owner_url, name)}
    command = [sys.executable, "manage.py", "keys", *arguments, "--tenant", "acme", "--json"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | urls, stdout=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]", patience: float) -> Any:
    said, _ = process.communicate(timeout=patience)
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
