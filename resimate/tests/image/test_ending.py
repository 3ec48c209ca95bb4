"""A process that is told to end finishes what it has: nothing that was asked for fails."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from typing import Any

import pytest

from resimate.tests.image.installation import Installation, Pod
from resimate.tests.test_heavy_calculations import calculation
from resimate_servers.processes import wait_until

pytestmark = [pytest.mark.requirement("AR-003"), pytest.mark.image]

CLIENTS = 6
ROLLS = 3
PRE_STOP = 5


@dataclass
class Balancer:
    """What stands in front: it asks the pods that there are in turn, and knows what became of each request."""

    key: str
    pods: list[Pod] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    _turn: Iterator[int] = field(default_factory=count)

    def ask(self, client: int, slow: Any) -> None:
        """One client calculates, as a tenant does so one at a time; the others look at lists."""
        method, path, body = ("GET", "/api/v1/models/", None) if client else ("POST", "/api/v1/calculations/", slow)
        while not self.stop.is_set():
            pod = self.pods[next(self._turn) % len(self.pods)]
            try:
                status, _ = pod.ask(method, path, key=self.key, body=body)
                self.answers[f"{method} {status}"] += 1
            except (OSError, HTTPException) as error:
                self.broken.append(f"{method} {error!r}")


def test_a_rolling_update_under_load_fails_nobody(installation: Installation) -> None:
    """Each pod is taken out of turn some seconds before it is told to end, as `preStop` has it."""
    balancer = Balancer(installation.key)
    slow = calculation(0.3)
    with ExitStack() as pods:
        balancer.pods = [pods.enter_context(installation.pod("core-api")) for _ in range(2)]
        clients = [threading.Thread(target=balancer.ask, args=(one, slow), daemon=True) for one in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(ROLLS):
            new = pods.enter_context(installation.pod("core-api"))
            old = balancer.pods[0]
            balancer.pods = [balancer.pods[1], new]
            time.sleep(PRE_STOP)  # as in k8s/templates/web: until nobody sends requests there any more
            old.process.terminate()
            assert old.process.wait(40) == 0
        balancer.stop.set()
        for client in clients:
            client.join(60)

    print(dict(balancer.answers))  # noqa: T201  the figure that is wanted
    assert balancer.broken == []
    assert set(balancer.answers) == {"GET 200", "POST 200"}


def test_a_request_under_way_is_answered_and_no_other_is_taken(installation: Installation) -> None:
    answered: list[int] = []
    with installation.pod("core-api") as pod:
        body = calculation(0.8)
        asking = threading.Thread(
            target=lambda: answered.append(pod.ask("POST", "/api/v1/calculations/", key=installation.key, body=body)[0])
        )
        asking.start()
        assert wait_until(lambda: b"resimate_web_threads_busy 1.0" in pod.get("/metrics", port=pod.management)[1], 20)
        pod.process.terminate()
        assert wait_until(lambda: not _takes(pod), 10)
        asking.join(40)

    assert answered == [200]
    assert pod.process.returncode == 0


def _takes(pod: Pod) -> bool:
    try:
        return pod.get("/health/live")[0] == 200
    except OSError:
        return False
