"""GET and HEAD change nothing: every page, every route of the API, every page of the administration.

What a GET may write nevertheless stands in ``ALLOWED``, with the reason; a route that is not known here fails.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connections
from django.test import Client
from django.urls import URLPattern, URLResolver

from apps.accounts import services as accounts
from apps.accounts.admin_site import _absent_labels
from apps.accounts.models import Role, User
from apps.campaigns import links
from apps.campaigns.models import Participation
from apps.campaigns.tests.story import make_user
from apps.elicitation import links as expert_links
from apps.elicitation.models import Expert
from resimate.tests.test_permission_matrix import ACME
from resimate.tests.world import world  # noqa: F401  the fixture
from resimate.urls import tenant as tenant_urls

pytestmark = pytest.mark.requirement("CAMP-001")

#: Tables that a safe method may write, and why.
ALLOWED = {
    "accounts_apikey": "when a key was last used, at most once a minute",
    "accounts_session": "that somebody is still there, at most once a minute, and the end of a session",
    "audit_entry": "who read or exported personal data, and who was refused",
}
WRITES = re.compile(r"^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE)\s+(?:\"?\w+\"?\.)?\"?(\w+)", re.IGNORECASE)
ANSWERS_OF_A_GET = {200, 204, 301, 302, 304, 400, 403, 404, 405, 406, 410, 422}
#: Routes that take POST alone are tried as well: they refuse, without an effect.


class Written:
    """Counts the statements that write, by table."""

    def __init__(self) -> None:
        self.tables: Counter[str] = Counter()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := WRITES.match(str(sql)):
            self.tables[found[1].lower()] += 1
        return execute(sql, params, many, context)


def routes(patterns: list[Any], before: str = "", within: str = "") -> Iterator[tuple[str, str]]:
    """Every route by its full name, with its pattern as one text."""
    for one in patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, text, f"{within}{one.namespace}:" if one.namespace else within)
        elif isinstance(one, URLPattern) and one.name:
            yield f"{within}{one.name}", text


GROUP = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def addresses(name: str, text: str, ids: dict[str, Any]) -> str:
    """The address of a route, its parameters filled in with what is there."""
    values = {**ids["all"], **ids.get(name.partition(":")[0], {}), **ids.get(name.rpartition("-")[0], {})}
    values |= _of_admin(name) if name.startswith("admin:") else {}
    filled = GROUP.sub(lambda found: str(values[found[1] or found[2]]), text)
    return "/" + re.sub(r"\\(.)", r"\1", filled.replace("^", "").replace("$", "").replace("/?", "/").replace("\\Z", ""))


def _of_admin(name: str) -> dict[str, Any]:
    elsewhere = _absent_labels()
    for model in admin.site._registry:
        if model._meta.app_label not in elsewhere and f"{model._meta.app_label}_{model._meta.model_name}_" in name:
            row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
            return {"object_id": row or uuid4()}
    return {}


@pytest.fixture
def ids(world: dict[str, Any]) -> dict[str, Any]:  # noqa: F811  the fixture
    part, expert = Participation.objects.get(pk=world["participations"]), Expert.objects.get(pk=world["experts"])
    own = {name: {"pk": pk} for name, pk in world.items()}
    return {
        **own,
        "all": {
            "model": world["models"],
            "campaign": world["campaigns"],
            "assessment": world["assessments"],
            "elicitation": world["weight-elicitations"],
            "user": world["user"],
            "version": world["versions"],
            "participation": part.pk,
            "expert": expert.pk,
            "pk": world["campaigns"],
            "number": 1,
            "key": "campaign.sender",
            "event": "user.created",
            "code": "people",
            "question": "P1",
            "token": links.token_for(part),
            "format": "json",
            "app_label": "accounts",
            "content_type_id": 1,
            "object_id": world["user"],
            "url": "nowhere",
        },
        "models": {"pk": world["models"]},
        "elicitation": {"pk": world["weight-elicitations"], "token": expert_links.token_for(expert), "code": "plans"},
    }


@pytest.fixture
def administrator(acme: Any, now: Any) -> User:
    """Somebody who may see everything."""
    user = make_user("all@acme.example", now, role="tenant_admin")
    accounts.grant_role(user, Role.objects.get(code="model_analyst"), acting_user=None, now=now)
    return user


@pytest.fixture
def browser(administrator: User) -> Client:
    client = Client(headers=ACME, raise_request_exception=False)
    client.force_login(administrator)
    return client


def answered(browser: Client, method: str, address: str, **headers: str) -> tuple[int, set[str]]:
    """The status, and the tables that the request wrote."""
    written = Written()
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(written))
        response: Any = browser.generic(method, address, headers=headers)
        if getattr(response, "streaming", False):
            list(response.streaming_content)
    return response.status_code, set(written.tables) - set(ALLOWED)


@pytest.mark.thorough
def test_a_get_of_whatever_route_writes_nothing(browser: Client, ids: dict[str, Any]) -> None:
    found = {
        name: answered(browser, "GET", addresses(name, text, ids))
        for name, text in routes(tenant_urls.urlpatterns)
        if name != "admin:logout"
    }

    assert {name: tables for name, (_status, tables) in found.items() if tables} == {}
    assert {name: status for name, (status, _tables) in found.items() if status not in ANSWERS_OF_A_GET} == {}
    assert sum(status == 200 for status, _tables in found.values()) > 100


@pytest.mark.thorough
@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"HX-Request": "true"}], ids=str)
def test_a_page_that_is_fetched_by_a_program_writes_nothing(
    browser: Client, ids: dict[str, Any], headers: dict[str, str]
) -> None:
    found = {name: answered(browser, "GET", address, **headers)[1] for name, address in pages(ids)}

    assert {name: tables for name, tables in found.items() if tables} == {}


@pytest.mark.thorough
def test_a_head_answers_like_a_get_and_writes_nothing(browser: Client, ids: dict[str, Any]) -> None:
    different = {}
    for name, address in pages(ids):
        got, (status, tables) = browser.get(address).status_code, answered(browser, "HEAD", address)
        if tables or status != got:
            different[name] = (got, status, tables)

    assert different == {}


def pages(ids: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The portal, the pages behind personal links, and the API."""
    for name, text in routes(tenant_urls.urlpatterns):
        if not name.startswith("admin:"):
            yield name, addresses(name, text, ids)


def test_the_guard_sees_a_write(browser: Client, ids: dict[str, Any]) -> None:
    token = ids["all"]["token"]

    assert answered(browser, "POST", f"/a/{token}/opened/") == (204, {"campaigns_participation"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_follows_every_link_has_opened_nothing(
    browser: Client, ids: dict[str, Any], method: str
) -> None:
    part, expert = Participation.objects.get(pk=ids["all"]["participation"]), Expert.objects.get()
    for path in ("", "sections/people/", "check/", "done/"):
        Client(headers=ACME).generic(method, f"/a/{links.token_for(part)}/{path}")
    for path in ("", "nodes/plans/", "check/", "done/"):
        Client(headers=ACME).generic(method, f"/e/{expert_links.token_for(expert)}/{path}")
    part.refresh_from_db()
    expert.refresh_from_db()

    assert part.opened_at is None
    assert expert.opened_at is None
