"""A rotation of many values under load, killed on its way: how fast, how large, and whether anybody noticed.

``python -m resimate.bench.rotation [VALUES]`` takes a database of its own, and minutes for a million.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from resimate.tests import database as databases

VALUES: Final = 1_000_000
LOADS: Final = 2
BATCH: Final = 20_000
KILLED_AT: Final = 0.3
PATIENCE: Final = 7200.0


def main() -> None:
    values = int(sys.argv[1]) if sys.argv[1:] else VALUES
    name = f"bench_rotation_{os.getpid()}"
    databases.make_database(name)
    for variable, url in (
        ("DATABASE_URL", databases.SERVERS.app_url),
        ("DATABASE_OWNER_URL", databases.SERVERS.owner_url),
    ):
        os.environ[variable] = databases.url_of(url, name)
    try:
        _tell(**_measured(values))
    finally:
        from django.db import connections

        connections.close_all()
        databases.drop_database(name)


def _measured(values: int) -> dict[str, Any]:
    import django

    django.setup()
    from django_tenants.utils import schema_context

    from resimate.tests.races.rotation import Load, finish, start, store, under

    with schema_context("acme"):
        pks = [pk for begun in range(0, values, BATCH) for pk in store(min(BATCH, values - begun))]
        _tell(stored=values)
        loads = [Load(pks) for _ in range(LOADS)]
        for load in loads:
            load.start()
        began = time.perf_counter()
        killed = start("rotate")
        at_the_kill = _wait(lambda: under(2), int(values * KILLED_AT))
        killed.kill()
        killed.communicate()
        resumed = start("rotate", "--resume")
        _wait(lambda: under(2), int(values * 0.9))
        outcome = finish(resumed, PATIENCE)["rotated"][0]
        took = time.perf_counter() - began
        for load in loads:
            load.over.set()
        for load in loads:
            load.join()
        left = finish(start("rotate", "--resume"), PATIENCE)["rotated"][0]["left"]
        verified = finish(start("verify"), PATIENCE)["verified"][0]
    return {
        "values": values,
        "seconds": round(took, 1),
        "a second": round((at_the_kill + outcome["written"]) / took),
        "killed at": at_the_kill,
        "written after it": outcome["written"],
        "left": left,
        "read, changed and added meanwhile": sum(load.done for load in loads),
        "failures": [failure for load in loads for failure in load.failures],
        "undecryptable": verified["problems"],
        "verified": verified["values"],
        "memory, MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _wait(count: Callable[[], int], wanted: int) -> int:
    """Until so many are written; what there is by then."""
    while (written := count()) < wanted:
        _tell(written=written)
        time.sleep(5)
    return written


def _tell(**said: Any) -> None:
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
