"""A worker is killed or told to end in the middle of its work: the next goes on, with nothing lost or doubled."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from resimate.tests.product import Product
from resimate.tests.test_heavy_calculations import calculation
from resimate_servers import mailbox
from resimate_servers.processes import wait_until

PEOPLE = 120
#: Far less than the lease of a message (four minutes) or of a delivery (five).
SOON = 60.0


@pytest.fixture(scope="module")
def own_product() -> Iterator[Product]:
    product = Product.new()
    yield product.start()
    product.remove()


def worker_of(product: Product) -> int:
    """The worker: a child of ours that runs Celery's worker."""
    assert product.process is not None
    parents = {product.process.pid}
    for status in sorted(Path("/proc").glob("[0-9]*"), key=lambda one: int(one.name)):
        try:
            parent = int((status / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (status / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent in parents:
            parents.add(int(status.name))
            if b"worker" in command and b"celery" in command:
                return int(status.name)
    raise AssertionError("there is no worker")


def mails(product: Product) -> list[str]:
    """The Message-IDs of everything that was sent."""
    return [one.message["Message-ID"] for one in mailbox.messages(product.folder / "data" / "mail")]


@pytest.mark.requirement("CAMP-002", "AR-002")
def test_invitations_go_on_at_once_after_their_worker_was_killed(own_product: Product) -> None:
    key = own_product.api_key("demo", "admin@demo.example")
    campaigns = own_product.request("GET", "demo", "/api/v1/campaigns/?status=open", key=key).json()["results"]
    people = [{"name": f"P{one}", "email": f"p{one}@example.org"} for one in range(PEOPLE)]
    before = len(mails(own_product))

    path = f"/api/v1/campaigns/{campaigns[0]['id']}/participations/"
    assert own_product.request("POST", "demo", path, key=key, body=people).status == 201
    assert wait_until(lambda: len(mails(own_product)) > before + 5, 60)
    os.kill(worker_of(own_product), signal.SIGKILL)
    killed = time.monotonic()

    assert wait_until(lambda: len(set(mails(own_product))) >= before + PEOPLE, SOON)
    took = time.monotonic() - killed
    print(f"all {PEOPLE} invitations {took:.1f} s after the worker was killed")  # noqa: T201
    doubled = [one for one, count in Counter(mails(own_product)).items() if count > 1]
    assert len(doubled) <= 4  # one for each thread that was sending, with the same Message-ID


@pytest.mark.requirement("AR-002", "AR-003")
def test_a_worker_that_is_told_to_end_finishes_its_work_and_leaves_the_rest_to_the_next(own_product: Product) -> None:
    key = own_product.api_key("demo", "admin@demo.example")
    body = calculation(4)
    asked = [own_product.request("POST", "demo", "/api/v1/calculations/", key=key, body=body) for _ in range(2)]
    assert [one.status for one in asked] == [202, 202]
    jobs = [one.json()["id"] for one in asked]

    def states() -> list[str]:
        return [own_product.request("GET", "demo", f"/api/v1/jobs/{one}/", key=key).json()["state"] for one in jobs]

    assert wait_until(lambda: "running" in states(), 60)
    worker = worker_of(own_product)
    os.kill(worker, signal.SIGTERM)
    assert wait_until(lambda: not Path(f"/proc/{worker}").exists(), 60)
    left = states()

    assert "succeeded" in left, left
    assert "failed" not in left, left
    assert wait_until(lambda: states() == ["succeeded", "succeeded"], 120), states()
