"""A right that is given or taken away in one web server counts in another with its next request, Redis or no Redis.

Nothing is awaited here: the first request after the answer has to be decided anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from resimate.tests.product import Product
from resimate.tests.test_processes_alone import alone
from resimate_servers import ports
from resimate_servers.processes import wait_until

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
NO_REDIS = "redis://127.0.0.1:1/0"


@dataclass
class Program:
    """A service account without a role, and its key."""

    id: str
    key: str

    def reads(self, server: Product) -> int:
        return server.request("GET", "demo", "/api/v1/models/", key=self.key).status


@dataclass
class Administrator:
    key: str

    def sends(self, server: Product, path: str, body: object = None, method: str = "POST") -> dict[str, str]:
        answer = server.request(method, "demo", f"/api/v1/{path}", key=self.key, body=body)
        assert answer.status in (200, 201, 204), answer.body
        found: dict[str, str] = answer.json() if answer.body else {}
        return found

    def makes_a_program(self, server: Product) -> Program:
        me = self.sends(server, "users/me/", method="GET")["id"]
        made = self.sends(server, "service-accounts/", {"name": "Feed", "owner": me})["id"]
        return Program(made, self.sends(server, "api-keys/", {"name": "feed", "user": made})["key"])

    def role(self, server: Product, code: str) -> str:
        roles = server.request("GET", "demo", "/api/v1/roles/?page_size=200", key=self.key).json()["results"]
        return next(one["id"] for one in roles if one["code"] == code)


@pytest.fixture(params=["with Redis", "without Redis"])
def servers(request: pytest.FixtureRequest, product: Product) -> Iterator[tuple[Product, Product]]:
    """The web server of the product, and another one beside it on the same database."""
    other = replace(product, port=ports.choose("other-web", {}))
    extra = {} if request.param == "with Redis" else {"REDIS_URL": NO_REDIS}
    with alone(product, "web", port=other.port, **extra) as (_, process):
        assert wait_until(lambda: ports.answers(other.port) or process.poll() is not None, 60)
        yield product, other


def test_what_is_given_or_taken_in_one_counts_in_the_other_at_once(
    product: Product, servers: tuple[Product, Product]
) -> None:
    admin = Administrator(product.api_key("demo", "admin@demo.example"))
    program, role = admin.makes_a_program(product), admin.role(product, "model_analyst")
    assert [program.reads(one) for one in servers] == [403, 403]

    for here, there in (servers, servers[::-1]):
        grant = admin.sends(here, "grants/", {"user": program.id, "role": role})["id"]
        assert [program.reads(one) for one in (there, here)] == [200, 200]
        admin.sends(there, f"grants/{grant}/", method="DELETE")
        assert [program.reads(one) for one in (here, there)] == [403, 403]
