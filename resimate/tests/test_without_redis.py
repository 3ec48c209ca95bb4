"""The whole product where there is no Redis, from the start on: slower, and honest about it."""

from collections.abc import Iterator

import pytest

from resimate.tests.product import Product
from resimate_servers.processes import wait_until

pytestmark = pytest.mark.requirement("AR-003", "MON-001")


@pytest.fixture
def product() -> Iterator[Product]:
    product = Product.new(REDIS_URL="redis://127.0.0.1:1/0")
    yield product.start()
    product.remove()


def test_work_is_found_without_being_woken_and_the_probe_says_what_is_away(product: Product) -> None:
    key = product.api_key("demo", "admin@demo.example")
    rows = [{"code": f"s{number}", "name": f"S {number}"} for number in range(100)]
    asked = product.request("POST", "demo", "/api/v1/subjects/import/", key=key, body={"rows": rows})
    assert (asked.status, asked.json()["warnings"]) == (202, [])

    def ended() -> bool:
        return product.request("GET", "demo", asked.headers["location"], key=key).json()["state"] == "succeeded"

    assert wait_until(ended, 30)
    management = Product(product.folder, port=product.management_port)
    ready = management.request("GET", "", "/health/ready").json()
    away = [name for name, state in ready["dependencies"].items() if not state["up"]]
    assert (ready["status"], away) == ("degraded", ["redis"])
    found = product.manage("doctor", check=False)
    assert [line.split()[1] for line in found.stdout.splitlines() if line.startswith("BAD")] == ["redis"]
