"""Who once might, or might elsewhere: every route of the API, every page and the administration, in each such state.

The matrices beside this one say what each role may. The table is the specification: what it does not list fails.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import holds, second_steps, sessions
from apps.accounts import services as accounts
from apps.accounts.admin_site import _absent_labels
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.campaigns.tests.story import make_user
from apps.oauth import access_tokens, signing
from apps.oauth import services as oauth
from resimate.tests import test_page_matrix as pages
from resimate.tests import test_permission_matrix as api
from resimate.tests.database import THOROUGH
from resimate.tests.page_table import ADMIN
from resimate.tests.test_page_matrix import ids, session_of, urls
from resimate.tests.test_permission_matrix import ACME, BETA, browser_of
from resimate.tests.world import world
from resimate.urls import tenant as tenant_urls

__all__ = [
    "browser_of",
    "ids",
    "session_of",
    "urls",
    "world",
]  # fixtures of the matrices: the same world, the same people

pytestmark = pytest.mark.requirement("SEC-AUTH-001", "SEC-AUTH-002")

#: The state, then what it gets of the API, of pages and of the administration: ``!`` has to sign in, as a stranger
#: has (who gets in where strangers do), ``-`` is refused, ``>`` is sent to what has to be done first; ``a`` gets as far
#: as an administrator does, ``o`` as an account without any role. Pages and the administration read no key.
TABLE = """
!!!  idle_session
!!!  old_session
!!!  session_of_a_closed_account
!!!  session_of_another_tenant
!!!  password_without_the_second_step
->>  first_password
->>  without_the_factor_that_is_asked_for
!!!  expired_key
!!!  revoked_key
!!!  key_of_a_closed_account
!!!  key_of_another_tenant
!!!  key_from_a_forbidden_network
a!!  key_from_its_network
o!!  key_without_the_scope
a!!  token
o!!  token_without_the_scope
o!!  token_from_before_its_role_was_taken_away
!!!  token_that_has_run_out
!!!  token_that_was_taken_back
!!!  token_of_a_closed_account
!!!  token_of_another_tenant
"""
STATES = {name: tuple(marks) for marks, name in (line.split() for line in TABLE.strip().splitlines())}
LIKE = {"a": "admin", "o": "nobody"}
STEP = second_steps._declared[0]
#: With what programs come. No page reads it, so in the first turn alone each page is asked by one of these.
BEARING = ("expired_key", "revoked_key", "key_", "token")
#: What a session is held by, of states that are sent somewhere.
HELD = {"first_password": sessions.FIRST, "without_the_factor_that_is_asked_for": STEP.missing}
#: Where a second step is taken, and what a browser asks before.
STEPS = {STEP.page, "factors:ask-half-signed-in", "factors:sign-in-text", "factors:sign-in-device"}
#: What no operation asks for.
UNASKED = ["emergency-access:tenant:review"]
#: What no program does, whatever it is permitted.
IN_PERSON = {"setting-change-approve"}
#: What a program changes of its own account only as far as its key or token reaches; in person everybody does.
OWN = {("PATCH", "user-me")}
#: Of which network a program is: reserved for documentation (RFC 5737).
NETWORK, ADDRESS = "192.0.2.0/24", "192.0.2.7"
#: Operations of the API that ask nobody who they are.
PUBLIC = {"model-schema", "trace-schema", "event-schemas", "event-schema"}

#: Who sends an action to a list of the administration. ``+`` it is done, ``o`` the list is open and does not have it,
#: ``-`` is refused, ``!`` has to sign in. A column for each of ENTERING; of actions that are not here, the first holds.
ENTERING = ("anonymous", "foreigner", "analyst", "owner", "onlooker", "custodian", "admin")
ADMINISTRATORS = "!!----+"
OTHERS = {("keys.datakey", "rotate"): "!!---+-"}


def _administrator(email: str) -> User:
    return make_user(email, timezone.now(), role="tenant_admin")


def _session(user: User, changed: dict[str, Any] | None = None, headers: dict[str, str] = ACME) -> Client:
    browser = Client(headers=headers)
    browser.force_login(user)
    session = browser.session
    session.update(changed or {})
    session.save()
    return browser


def _half(user: User) -> Client:
    """Who has shown the right password, and not yet the code."""
    browser = Client(headers=ACME)
    browser.force_login(user)
    session = browser.session
    session.flush()
    session[second_steps.NOTE] = {
        "user": str(user.pk),
        "seal": user.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
    }
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    assert second_steps.pending(session, timezone.now()) == user
    return browser


def _program(user: User, **changed: Any) -> Client:
    key, text = accounts.create_api_key(user, name="k", now=timezone.now())
    ApiKey.objects.filter(pk=key.pk).update(**changed) if changed else None
    return _bearer(text)


def _bearer(text: str) -> Client:
    return Client(headers={**ACME, "Authorization": f"Bearer {text}"}, REMOTE_ADDR=ADDRESS)


def _application(user: User, scopes: Sequence[str] = ("*:*:*",), age: timedelta = timedelta(0)) -> Client:
    """With an access token, which was given to it some time ago."""
    now, back = timezone.now(), "https://app.example/back"
    planner, _ = oauth.register_application("P", redirect_uris=[back], scopes=scopes, acting_user=None, now=now)
    let = oauth.Let(planner, scopes, back, "challenge")
    authorization = oauth.grant_authorization(user, let, f"code of {user.pk}", recognised={}, now=now)
    return _bearer(access_tokens.write(authorization, scopes, now - age))


def _taken_back(user: User) -> Client:
    browser = _application(user)
    oauth.end_authorizations_of(user, why="revoked", now=timezone.now())
    return browser


def _without_its_role(user: User) -> Client:
    browser = _application(user)
    Grant.objects.filter(user=user).delete()
    return browser


def _programs(user: User) -> dict[str, Callable[[], Client]]:
    now = timezone.now()
    return {
        "expired_key": lambda: _program(user, expires_at=now - timedelta(days=1)),
        "revoked_key": lambda: _program(user, revoked_at=now),
        "key_of_a_closed_account": lambda: _program(user),
        "key_of_another_tenant": lambda: _program(user),
        "key_from_a_forbidden_network": lambda: _program(user, networks=["198.51.100.0/24"]),
        "key_from_its_network": lambda: _program(user, networks=[NETWORK]),
        "key_without_the_scope": lambda: _program(user, permissions=UNASKED),
        "token": lambda: _application(user),
        "token_without_the_scope": lambda: _application(user, UNASKED),
        "token_from_before_its_role_was_taken_away": lambda: _without_its_role(user),
        "token_that_has_run_out": lambda: _application(user, age=signing.LIFE),
        "token_that_was_taken_back": lambda: _taken_back(user),
        "token_of_a_closed_account": lambda: _application(user),
        "token_of_another_tenant": lambda: _application(user),
    }


@pytest.fixture
def somebody_in(acme: Any, beta: Any) -> Callable[[str], Client]:
    """A browser or program in a state; of an administrator, who would else get in everywhere."""

    def made(state: str) -> Client:
        now = timezone.now()
        abroad = state.endswith("another_tenant")
        with tenant_context(beta) if abroad else ExitStack():
            user = _administrator(f"{state}@{'beta' if abroad else 'acme'}.example")
            long_ago = now.timestamp() - 13 * 3600
            ways: dict[str, Callable[[], Client]] = {
                "idle_session": lambda: _session(user, {"seen_at": now.timestamp() - 31 * 60}),
                "old_session": lambda: _session(user, {"signed_in_at": long_ago}),
                "session_of_a_closed_account": lambda: _session(user),
                "session_of_another_tenant": lambda: _session(user, headers=BETA),
                "password_without_the_second_step": lambda: _half(user),
                **{name: partial(_session, user, {flag: True}) for name, flag in HELD.items()},
                **_programs(user),
            }
            browser = ways[state]()
            if state.endswith("closed_account"):  # as if nothing else had been ended with it
                User.objects.filter(pk=user.pk).update(is_active=False)
        browser.defaults["HTTP_HOST"] = ACME["host"]
        return browser

    return made


def _routes(world: dict[str, Any], urls: dict[str, str]) -> list[tuple[int, str, str, str]]:
    """Every route: its column in the table, its method, name and address; a method of each unless thorough."""
    found = [(0, method, name, api._url(name, world)) for method, name in api._routes(tenant_urls.api)]
    found += [(1, method, name, urls[name]) for method, name in pages._table()]
    administration = pages._admin_pages(world)
    found += [(2, method, name, url) for name, url in administration.items() for method in ("GET", "POST")]
    return found if THOROUGH else list({route[::2]: route for route in found}.values())


def _expected(state: str, column: int, method: str, name: str) -> str:
    mark = STATES[state][column]
    if name in STEPS and state == "password_without_the_second_step":
        return "+"
    if mark == "!" and column == 1:
        return pages._table()[method, name][pages.PEOPLE.index("anonymous")]
    if mark == "!" and name in PUBLIC:
        return "+"
    return _like(mark, method, name) if mark in LIKE else mark


def _like(mark: str, method: str, name: str) -> str:
    """What a program gets that may as much as the person it is like."""
    if name in IN_PERSON or (mark == "o" and (method, name) in OWN):
        return "-"
    return api._table()[method, name][api.PEOPLE.index(LIKE[mark])]


def _is_for(state: str, name: str) -> bool:
    """Whether a page is where somebody in this state does what has to be done first."""
    return state in HELD and name in holds._declared[HELD[state]].pages


def _mark(answer: Any) -> str:
    if answer.status_code == 302 and answer["Location"] in {reverse(one.pages[0]) for one in holds._declared.values()}:
        return ">"
    return "!" if answer.status_code == 401 else pages._mark(answer)


def _call(browser: Client, method: str, url: str) -> str:
    """What a call gets; whatever it did is undone, in the database and in the browser."""
    cookies = {name: one.value for name, one in browser.cookies.items()}
    with transaction.atomic():
        mark = _mark(browser.generic(method, url, b"{}", content_type="application/json"))
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.load(cookies)
    return mark


@pytest.mark.parametrize("turn", range(len(STATES)) if THOROUGH else [0])
def test_each_state_gets_as_far_as_the_table_says(
    turn: int, somebody_in: Callable[[str], Client], world: dict[str, Any], urls: dict[str, str]
) -> None:
    """Each route is asked by the states in turn, by one of them; thoroughly by all, with each of its methods."""
    browsers = [(state, somebody_in(state)) for state in STATES]
    found, expected = {}, {}
    for number, (column, method, name, url) in enumerate(_routes(world, urls), turn):
        state, browser = browsers[number % len(browsers)]
        if _is_for(state, name) or (turn and column and state.startswith(BEARING)):
            continue
        found[state, method, name] = _call(browser, method, url)
        expected[state, method, name] = _expected(state, column, method, name)

    assert len(found) > 180
    assert {route: mark for route, mark in found.items() if mark != expected[route]} == {}


def test_who_is_in_none_of_these_states_gets_in(somebody_in: Callable[[str], Client], acme: Any) -> None:
    """Else the test above would show nothing: the same people, each but for what their state says."""
    user = _administrator("b@acme.example")

    for browser in (_session(user), _program(user)):
        assert browser.get("/api/v1/users/").status_code == 200
    assert _session(user).get("/admin/").status_code == 200


@pytest.fixture
def browser_at(session_of: Callable[[str], Client]) -> Callable[[str], Client]:
    def browser(person: str) -> Client:
        made = session_of(person)
        if person == "custodian":
            user, role = User.objects.at("custodian@acme.example").get(), Role.objects.get(code="key_custodian")
            accounts.grant_role(user, role, acting_user=None, now=timezone.now())
        return made

    return browser


def _listed(label: str, action: str, person: str, browser: Client, pk: Any) -> str:
    """What becomes of an action that somebody sends to a list."""
    url = reverse(f"admin:{label.replace('.', '_')}_changelist", urlconf="resimate.urls.tenant")
    sent = {"action": action, "_selected_action": str(pk)}
    if (mark := pages._mark(pages._call(browser, "POST", url, sent))) != "+":
        return mark
    request: Any = RequestFactory().get(url)
    request.user = User.objects.at(f"{person}@acme.example").get()
    (offered,) = (one.get_actions(request) for model, one in _lists().items() if model._meta.label_lower == label)
    return "+" if action in offered else "o"


def _lists() -> dict[Any, Any]:
    """The lists of the administration that a tenant has."""
    absent, registry = _absent_labels(), dict[Any, Any](admin.site._registry)
    return {model: one for model, one in registry.items() if model._meta.app_label not in absent}


def _actions() -> dict[tuple[str, str], str]:
    listed = {(label, action) for label, (_, actions) in pages._admin_table(ADMIN).items() for action in actions}
    return dict.fromkeys(listed, ADMINISTRATORS) | OTHERS


def test_every_action_of_the_administration_is_in_the_table(acme: Any) -> None:
    there = {
        (model._meta.label_lower, name) for model, one in _lists().items() for _, name, _ in one._get_base_actions()
    }

    assert {one for one in there if one[1] != "delete_selected"} == set(_actions())


def test_who_sends_an_action_gets_as_far_as_the_table_says(
    browser_at: Callable[[str], Client], world: dict[str, Any]
) -> None:
    browsers = [(person, browser_at(person)) for person in ENTERING]
    found = {
        one: "".join(_listed(*one, person, browser, world["user"]) for person, browser in browsers)
        for one in _actions()
    }

    assert found == _actions()
