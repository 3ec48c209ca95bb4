"""Who may open which page: every page and every form of it, every page of the administration and every action there.

The tables of ``page_table.py`` are the specification; what is not in them fails, and so does what answers otherwise.
"""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services as accounts
from apps.accounts.admin_site import _absent_labels
from apps.accounts.models import User
from apps.campaigns import links as campaign_links
from apps.campaigns.models import Participation
from apps.campaigns.tests.story import make_user
from apps.elicitation import links as elicitation_links
from apps.elicitation.models import Expert
from resimate.tests.page_table import ADMIN, PLATFORM, TABLE
from resimate.tests.sizes import one_of
from resimate.tests.test_permission_matrix import ACME, BETA, browser_of
from resimate.tests.world import world
from resimate.urls import tenant as tenant_urls

__all__ = ["browser_of", "world"]  # fixtures of the API's matrix: the same world, the same people

pytestmark = pytest.mark.requirement("SEC-AUTH-002")

PEOPLE = ("nobody", "stakeholder", "lead", "owner", "reader", "analyst", "admin", "anonymous", "foreigner")
#: Who reads one model, and who reads everything; neither changes anything.
READING = {"reader": ["models:model:read"], "onlooker": ["*:tenant:read"]}
#: Pages of the administration that lead elsewhere, and hold nothing.
DOORS = {"login", "logout", "password_change", "password_change_done"}


def _table() -> dict[tuple[str, str], str]:
    rows = (line.split() for line in TABLE.strip().splitlines())
    return {(method, name): marks for marks, name, *methods in rows for method in methods}


def _pages() -> Iterator[tuple[str, URLPattern]]:
    """Every page of a tenant's host by its name: what is no API, and no administration."""
    for one in tenant_urls.urlpatterns:
        if isinstance(one, URLResolver) and one.app_name and one.app_name != "admin":
            for pattern in one.url_patterns:
                assert isinstance(pattern, URLPattern)
                yield f"{one.namespace}:{pattern.name}", pattern


@pytest.fixture
def ids(world: dict[str, Any]) -> Callable[[str, str], Any]:
    """What stands for a part of the address of a page: something that is there."""
    of_pk = {
        "campaigns": "campaigns",
        "elicitation": "weight-elicitations",
        "models": "models",
        "emergency": "emergency",
    }
    special = {
        "models:why": "assessments",
        "models:undo-import": "imports",
        "factors:remove": "factors",
        "factors:rename": "factors",
        "accounts:end-session": "user-session",
        "accounts:end-delegation": "grant",
        "oauth:revoke-app": "application",
    }
    plain = {"number": 1, "code": "plans", "question": "P1", "key": "none", "name": "harbour"}

    def found(page: str, part: str) -> Any:
        if part == "token":
            participation, expert = Participation.objects.get(pk=world["participations"]), Expert.objects.get()
            if page.startswith("campaigns:"):
                return campaign_links.token_for(participation)
            return elicitation_links.token_for(expert)
        named = {"participation": "participations", "expert": "experts", "model": "models"}
        if part == "pk":
            return world[special.get(page) or of_pk[page.partition(":")[0]]]
        return world[named[part]] if part in named else plain[part]

    return found


@pytest.fixture
def urls(ids: Callable[[str, str], Any]) -> dict[str, str]:
    found = {}
    for name, pattern in _pages():
        parts = {part: ids(name, part) for part in pattern.pattern.converters}
        found[name] = reverse(name, kwargs=parts, urlconf="resimate.urls.tenant")
    return found


@pytest.fixture
def session_of(browser_of: Callable[[str], Client], world: dict[str, Any], beta: Any) -> Callable[[str], Client]:
    def browser(person: str) -> Client:
        if person == "anonymous":
            return Client(headers=ACME)
        if person == "foreigner":
            with tenant_context(beta):
                at_home = Client(headers=BETA)
                at_home.force_login(make_user("admin@beta.example", timezone.now(), role="tenant_admin"))
            abroad = Client(headers=ACME)
            abroad.cookies.load({name: one.value for name, one in at_home.cookies.items()})
            return abroad
        made = browser_of(person)
        if person in READING:
            now, user = timezone.now(), User.objects.at(f"{person}@acme.example").get()
            role = accounts.create_role(person, name="R", permissions=READING[person], acting_user=None, now=now)
            of_one = world["models"] if person == "reader" else None
            accounts.grant_role(user, role, object_id=of_one, acting_user=None, now=now)
        return made

    return browser


def _mark(answer: Any) -> str:
    if answer.status_code == 302 and answer["Location"].startswith(("/sign-in/", "/admin/login/")):
        return "!"
    return {403: "-", 404: "0", 405: "."}.get(answer.status_code, "+")


def _call(browser: Client, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    """What a call gets; whatever it did is undone, in the database and in the browser."""
    cookies = {name: one.value for name, one in browser.cookies.items()}
    with transaction.atomic():
        answer = browser.get(url) if method == "GET" else browser.post(url, body or {})
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.load(cookies)
    return answer


def _methods(browser: Client, url: str) -> list[str]:
    return [one for one in browser.options(url).get("Allow", "GET, POST").split(", ") if one in ("GET", "POST")]


def test_every_page_is_in_the_table(session_of: Callable[[str], Client], urls: dict[str, str]) -> None:
    browser = session_of("admin")

    assert {(method, name) for name, url in urls.items() for method in _methods(browser, url)} == set(_table())


@pytest.mark.parametrize("person", one_of("analyst", *sorted({*PEOPLE} - {"analyst"})))
def test_each_gets_as_far_as_the_table_says(
    person: str, session_of: Callable[[str], Client], urls: dict[str, str]
) -> None:
    browser, place = session_of(person), PEOPLE.index(person)

    found = {(method, name): _mark(_call(browser, method, urls[name])) for method, name in _table()}

    assert found == {page: marks[place] for page, marks in _table().items()}


def _admin_table(text: str) -> dict[str, tuple[str, list[str]]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {label: (marks, actions) for marks, label, *actions in rows}


def _found_in_admin(user: User) -> dict[str, tuple[str, list[str]]]:
    """What the administration offers this user here."""
    request: Any = RequestFactory().get("/admin/")
    request.user = user
    absent = _absent_labels()
    found = {}
    registry: dict[Any, Any] = admin.site._registry
    for model, one in registry.items():
        if model._meta.app_label not in absent:
            asked = (
                one.has_add_permission,
                one.has_change_permission,
                one.has_delete_permission,
                one.has_view_permission,
            )
            marks = "".join(letter if ask(request) else "." for letter, ask in zip("acdv", asked, strict=True))
            found[model._meta.label_lower] = (marks, sorted(one.get_actions(request)))
    return found


def test_the_administration_of_a_tenant_does_what_its_table_says(acme: Any) -> None:
    administrator = make_user("admin@acme.example", timezone.now(), role="tenant_admin")

    assert _found_in_admin(administrator) == _admin_table(ADMIN)


def test_the_administration_of_the_platform_does_what_its_table_says(db: None) -> None:
    administrator = make_user("admin@platform.example", timezone.now(), role="platform_admin")

    assert _found_in_admin(administrator) == _admin_table(PLATFORM)


def _admin_pages(world: dict[str, Any]) -> dict[str, str]:
    """Every page of the administration, of a thing that is there or might be."""
    some = {"object_id": str(world["user"]), "content_type_id": "1"}
    found = {}
    for pattern in admin.site.urls[0]:
        within: list[Any] = pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
        for one in within:
            if one.name and one.name not in DOORS:
                parts = {name: some[name] for name in one.pattern.converters}
                parts |= {"app_label": "accounts"} if one.name == "app_list" else {}
                found[one.name] = reverse(f"admin:{one.name}", kwargs=parts, urlconf="resimate.urls.tenant")
    return found


@pytest.mark.parametrize("person", one_of("foreigner", "owner", "analyst", "anonymous"))
def test_nobody_else_enters_the_administration(
    person: str, session_of: Callable[[str], Client], world: dict[str, Any]
) -> None:
    browser, pages = session_of(person), _admin_pages(world)
    action = {"action": "deactivate", "_selected_action": str(world["user"])}

    found = {
        (method, name): _mark(_call(browser, method, url, action))
        for name, url in pages.items()
        for method in ("GET", "POST")
    }

    assert len(pages) > 50
    assert set(found.values()) <= {"!", "-"}, found


class Offers(HTMLParser):
    """What a page offers: links as GET, forms by their method."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found |= {("POST", given.get("action") or self.page)} if given.get("method") == "post" else set()
        elif tag == "a":
            self.found.add(("GET", given.get("href") or ""))


def _offered(browser: Client, urls: dict[str, str]) -> set[tuple[str, str]]:
    """What is offered on every page that opens, as method and path."""
    offered: set[tuple[str, str]] = set()
    for name in [name for method, name in _table() if method == "GET"]:
        answer = _call(browser, "GET", urls[name])
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            page = Offers(urls[name])
            page.feed(answer.content.decode())
            offered |= {(how, where) for how, where in page.found if where.startswith("/") and "/static/" not in where}
    return offered


@pytest.mark.thorough
def test_who_may_only_look_changes_nothing_and_is_offered_nothing_else(
    session_of: Callable[[str], Client], urls: dict[str, str]
) -> None:
    browser, table = session_of("onlooker"), _table()
    closed = [name for (method, name), marks in table.items() if method == "POST" and marks.startswith("-")]
    assert {name: _mark(_call(browser, "POST", urls[name])) for name in closed} == dict.fromkeys(closed, "-")

    offered = _offered(browser, urls) - {("POST", "/sign-out/")}

    assert len(offered) > 40
    assert {(how, where) for how, where in offered if _mark(_call(browser, how, where)) != "+"} == set()


@pytest.mark.parametrize(("person", "links"), one_of(("nobody", 1), ("lead", 8), ("reader", 8)))
def test_a_link_is_shown_only_to_who_may_follow_it(
    person: str, links: int, session_of: Callable[[str], Client], urls: dict[str, str]
) -> None:
    browser = session_of(person)

    followed = {where: _mark(_call(browser, "GET", where)) for how, where in _offered(browser, urls) if how == "GET"}

    assert len(followed) >= links
    assert {where: mark for where, mark in followed.items() if mark != "+"} == {}


def test_who_manages_their_own_finds_nothing_of_others_on_any_page(
    session_of: Callable[[str], Client], urls: dict[str, str]
) -> None:
    browser = session_of("owner")
    others = ("Harbour", "Base", "Weights", "Ours", "Theirs", "ana@acme.example")
    own = [
        name
        for (method, name), marks in _table().items()
        if method == "GET" and marks[PEOPLE.index("owner")] == "+" and marks[0] != "+"
    ]

    found = {
        name: [word for word in others if word in _call(browser, "GET", urls[name]).content.decode()] for name in own
    }

    assert len(own) > 5
    assert {name: words for name, words in found.items() if words} == {}
