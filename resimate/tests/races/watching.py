"""A process that reads one setting again and again, as requests do, and says when it sees another value.

``python -m resimate.tests.races.watching KEY`` writes lines of JSON: the value, when it was seen (seconds since 1970),
and how many queries the reading has made so far.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any, NamedTuple


class Sight(NamedTuple):
    value: Any
    at: float
    queries: int


class Watcher:
    """The other end: a process that watches on a database, with the settings of the environment that are given."""

    def __init__(self, key: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, key], env=os.environ | environment, stdout=subprocess.PIPE, text=True
        )

    def sight(self) -> Sight:
        """Wait for the next value."""
        assert self.process.stdout is not None
        return Sight(*json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def _watch(key: str) -> None:
    from django.db import connection
    from django_tenants.utils import schema_context

    from apps.configuration import services
    from apps.core import epochs

    queries = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*arguments)

    epochs.follow()
    seen: Any = None
    with schema_context("acme"), connection.execute_wrapper(count):
        while True:
            value = services.get(key)
            if value != seen:
                sys.stdout.write(json.dumps([value, time.time(), queries]) + "\n")
                sys.stdout.flush()
                seen = value
            time.sleep(0.002)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resimate.settings")
    import django

    django.setup()
    _watch(sys.argv[1])
