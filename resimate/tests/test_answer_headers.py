"""What the head of every answer says: of pages, the API, the administration, links, files, errors and the front door.

The tests run as in production: over HTTPS, with the cookies and headers that its settings ask for.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from http.cookies import Morsel
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.db.models import F
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import links
from apps.campaigns.models import Participation
from apps.campaigns.views.respondent import Visit, _remember_beginning
from apps.core.observability.middleware import client_address
from resimate.front.door import Door, unfit
from resimate.front.exchange import environ_of, refuse
from resimate.tests.test_front_door import Headers, asked
from resimate.tests.test_page_matrix import _admin_pages, _pages, ids, urls
from resimate.tests.test_permission_matrix import ACME, _routes, _url, browser_of
from resimate.tests.world import world
from resimate.urls import tenant as tenant_urls

__all__ = ["browser_of", "ids", "urls", "world"]  # fixtures of the matrices: the same world, the same people

pytestmark = pytest.mark.requirement("SEC-001", "NET-001")

#: What every answer says, but what is served by its name for all to keep (``Cache-Control``).
EVERYWHERE: dict[str, set[str | None]] = {
    "Strict-Transport-Security": {"max-age=31536000; includeSubDomains; preload"},
    "X-Content-Type-Options": {"nosniff"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Resource-Policy": {"same-origin"},
    "Permissions-Policy": {
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()"
    },
    "Referrer-Policy": {"same-origin", "no-referrer"},
    "X-Frame-Options": {"DENY", None},
    "Access-Control-Allow-Origin": {None},
    "Server": {None},
}
#: What programs of others read before anybody has signed in, and what they may keep.
FOR_ALL = {("GET", "oauth:jwks"), ("GET", "oauth:metadata")}
#: What the content policy of every answer holds; plugins fall under ``default-src``.
POLICY = {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "script-src 'self'"}

ASK = """
import json
from resimate import settings
wanted = {name for name in dir(settings) if "COOKIE" in name or name.startswith("SECURE_")}
print(json.dumps({name: getattr(settings, name) for name in wanted}))
"""


@pytest.fixture(scope="module")
def asked_of_production() -> dict[str, Any]:
    environment = {**os.environ, "RESIMATE_ENV": "production"}
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", ASK], cwd=root, env=environment, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(told.stdout)
    return found


@pytest.fixture
def production(asked_of_production: dict[str, Any], settings: Any) -> Any:
    for name, value in asked_of_production.items():
        setattr(settings, name, value)
    return settings


def ask(browser: Client, url: str, method: str = "GET", **more: Any) -> Any:
    return browser.generic(method, url, b"{}", content_type="application/json", secure=True, **more)


def flaws(answer: Any, *, is_for_all: bool = False) -> list[str]:
    """What is not as it should be."""
    said = {name: answer.headers.get(name) for name in EVERYWHERE}
    found = [f"{name}: {value}" for name, value in said.items() if value not in EVERYWHERE[name]]
    policy = answer.headers.get("Content-Security-Policy", "")
    if not {part.strip() for part in policy.split(";")} >= POLICY or "unsafe" in policy:
        found.append(policy or "no policy")
    if answer.streaming or answer.content:
        kind = answer.headers.get("Content-Type", "nothing")
        found += [kind] if kind == "nothing" or (kind.startswith("text/") and "charset=" not in kind) else []
    if ("no-store" in answer.headers.get("Cache-Control", "")) is is_for_all:
        found.append(f"Cache-Control: {answer.headers.get('Cache-Control')}")
    return found


def flawed(answers: dict[Any, Any]) -> dict[Any, list[str]]:
    told = {what: flaws(answer, is_for_all=what in FOR_ALL) for what, answer in answers.items()}
    return {what: found for what, found in told.items() if found}


def _all(world: Any, urls: dict[str, str]) -> dict[tuple[str, str], str]:
    """Every page, form, page of the administration, document and operation of the API."""
    pages = {**urls, **_admin_pages(world)}
    found = {(method, name): url for name, url in pages.items() for method in ("GET", "POST")}
    return found | {(method, name): _url(name, world) for method, name in _routes(tenant_urls.api)}


@pytest.mark.thorough
def test_strangers_are_answered_with_the_head_of_the_table(production: Any, world: Any, urls: dict[str, str]) -> None:
    stranger = Client(headers=ACME)
    answers = {what: ask(stranger, url, what[0]) for what, url in _all(world, urls).items()}

    assert len(answers) > 400
    assert flawed(answers) == {}
    behind = {name for name, pattern in _pages() if "token" in pattern.pattern.converters}
    opened = {what: answer for what, answer in answers.items() if what[1] in behind and answer.status_code != 405}
    assert {what for what, answer in opened.items() if answer["Referrer-Policy"] != "no-referrer"} == set()


@pytest.mark.thorough
def test_so_is_who_may_do_everything(
    production: Any, world: Any, browser_of: Callable[[str], Client], urls: dict[str, str]
) -> None:
    browser = browser_of("admin")
    documents = {("GET", name): reverse(name) for name in ("schema", "swagger", "redoc", "error-codes")}
    asked_for = {what: url for what, url in _all(world, urls).items() if what[0] == "GET"} | documents

    assert flawed({what: ask(browser, url) for what, url in asked_for.items()}) == {}


def test_errors_have_the_same_head(
    production: Any, acme: Any, browser_of: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody, stranger = browser_of("nobody"), Client(headers=ACME)
    stranger.raise_request_exception = False
    answers = {
        400: ask(browser_of("admin"), "/admin/accounts/user/?nonsense=1&id__exact=%00"),
        403: ask(nobody, "/models/"),
        404: ask(stranger, "/nowhere/"),
        405: ask(stranger, "/sign-out/"),
        413: ask(stranger, "/sign-in/", "POST", headers={"Content-Length": str(2**40)}),
        422: stranger.post("/sign-in/", {}, secure=True),
    }
    monkeypatch.setattr("apps.accounts.views.signing_in.render", Mock(side_effect=RuntimeError))
    answers[500] = ask(stranger, "/sign-in/")

    assert {status: answer.status_code for status, answer in answers.items() if answer.status_code != status} == {}
    assert flawed(answers) == {}
    hosts = {host: ask(Client(headers={"host": host}), "/") for host in ("nobody.localhost", "a b")}
    assert {answer.status_code for answer in hosts.values()} == {404}
    assert flawed(hosts) == {}


def test_probes_and_static_files_have_it_too(production: Any, db: None) -> None:
    anywhere = Client(headers={"host": "10.1.2.3:8000"})

    assert flawed({path: ask(anywhere, path) for path in ("/health/live", "/health/ready")}) == {}
    file = ask(anywhere, "/static/js/theme.js")
    assert file.status_code == 200
    assert flaws(file, is_for_all=True) == []


def test_a_program_may_keep_what_it_asks_about_again(acme: Any, browser_of: Callable[[str], Client]) -> None:
    browser = browser_of("admin")
    user = User.objects.at("admin@acme.example").get()
    _, key = accounts.create_api_key(user, name="k", now=timezone.now(), acting_user=user)
    by_key = Client(headers={**ACME, "Authorization": f"Bearer {key}"}).get("/api/v1/users/")

    assert by_key["Cache-Control"] == "private, no-cache"
    assert browser.get("/api/v1/users/")["Cache-Control"] == "private, no-store"


def test_over_plain_http_nothing_is_said_and_our_own_hosts_are_left(production: Any, acme: Any) -> None:
    ours = Client(headers=ACME).get("/sign-in/")
    program = Client(headers=ACME).get("/api/v1/users/")

    assert (ours.status_code, ours["Location"]) == (301, "https://acme.localhost/sign-in/")
    assert "Strict-Transport-Security" not in ours.headers
    assert (program.status_code, program.json()["code"]) == (403, "https_required")


@pytest.mark.parametrize(
    "path",
    ["/.git/HEAD", "/static/", "/static/js/", "/static/../resimate/settings.py", "/resimate/settings.py", "/metrics"],
)
def test_nothing_else_of_the_machine_is_served(path: str, production: Any, acme: Any) -> None:
    assert ask(Client(headers=ACME), path).status_code == 404
    assert ask(Client(headers=ACME), path, "TRACE").status_code in (404, 405)


def test_who_signs_out_leaves_nothing_in_the_browser(production: Any, browser_of: Callable[[str], Client]) -> None:
    browser = browser_of("nobody")
    answer = browser.post("/sign-out/", secure=True)

    assert answer["Clear-Site-Data"] == '"cache"'
    assert answer.cookies["__Host-resimate"]["max-age"] == 0
    assert ask(browser, "/account/").status_code == 302


@pytest.fixture
def door(production: Any) -> Any:
    said = Mock()
    scope = SimpleNamespace(path="/health/live")
    asyncio.run(Door(Mock()).__rsgi__(scope, said))
    refuse(said, 400)
    return said


def test_the_front_door_says_it_by_itself(door: Any) -> None:
    for call in (door.response_str.call_args, door.response_bytes.call_args):
        head = dict(call.args[1])
        assert {name: head.get(name) for name in EVERYWHERE}.items() >= {
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
        }.items()
        assert (head["Content-Security-Policy"], head["Cache-Control"]) == (
            "default-src 'none'; frame-ancestors 'none'",
            "no-store",
        )


@pytest.fixture
def cookies(production: Any, world: dict[str, Any], now: datetime) -> dict[str, Morsel[str]]:
    """Every cookie that the server sets: of who signs in and is told something, and of who answers by a link."""
    secret = "correct horse battery"
    user = accounts.create_user("ada@acme.example", password=secret, now=now)
    part = Participation.objects.get(pk=world["participations"])
    Participation.objects.update(seen_version=F("link_version"))  # somebody else has looked at the link
    link = reverse("campaigns:respond", args=[links.token_for(part)])
    browser, visitor = Client(headers=ACME), Client(headers=ACME)

    browser.get("/sign-in/", secure=True)
    browser.post("/sign-in/", {"email": user.email, "password": secret}, secure=True)
    browser.post("/account/", {"full_name": "Ada", "language": "de"}, secure=True)
    visitor.get(link, {"lang": "de"}, secure=True)
    visitor.post(f"{link}sections/people/", {"q-P1": "3"}, secure=True)
    return {**browser.cookies, **visitor.cookies}


def test_every_cookie_is_of_this_host_alone_and_of_no_script(cookies: dict[str, Morsel[str]]) -> None:
    names = {name.partition("-0")[0] for name in cookies}  # what was begun has the id of who did

    assert names == {
        *(f"__Host-{name}" for name in ("resimate", "csrf", "device", "messages", "django_language")),
        *(f"__Secure-{name}" for name in ("respondent_language", "begun")),
    }
    for name, one in cookies.items():
        assert (one["secure"], one["httponly"], one["domain"]) == (True, True, ""), name
        assert one["samesite"] in ("Lax", "Strict"), name
        assert (one["path"] == "/") is name.startswith("__Host-"), name


def test_who_began_before_cookies_had_a_prefix_goes_on(
    cookies: dict[str, Morsel[str]], world: dict[str, Any], settings: Any
) -> None:
    """What was signed under the old name is read for as long as it lives."""
    part = Participation.objects.get(pk=world["participations"])
    page = reverse("campaigns:respond-check", args=[links.token_for(part)])
    settings.PATH_COOKIE = ""
    of_before = Client(headers=ACME)
    of_before.get(page, secure=True)
    stranger = ask(of_before, page)
    _remember_beginning(answer := HttpResponse(), Visit(links.token_for(part), part, "en", timezone.now()))
    of_before.cookies.load({name: one.value for name, one in answer.cookies.items()})
    settings.PATH_COOKIE = "__Secure-"

    assert stranger.status_code == 403
    assert ask(of_before, page).status_code == 200


def test_locally_cookies_have_no_prefix_since_there_is_no_https(settings: Any, acme: Any) -> None:
    browser = Client(headers=ACME)
    browser.get("/sign-in/")

    assert [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME] == ["resimate", "csrftoken"]
    assert browser.cookies["csrftoken"]["secure"] == ""


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "192.0.2.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "unknown", "192.0.2.1"),
        (1, "x" * 5000, "192.0.2.1"),
    ],
)
def test_who_asks_is_believed_as_far_as_our_proxies_say_it(
    proxies: int, forwarded: str, address: str, settings: Any, rf: RequestFactory
) -> None:
    settings.TRUSTED_PROXIES = proxies
    others = {"Forwarded": "for=203.0.113.9", "X-Real-Ip": "203.0.113.9", "X-Forwarded-For": forwarded}

    assert client_address(rf.get("/", REMOTE_ADDR="192.0.2.1", headers=others)) == address


def test_an_address_that_a_proxy_made_up_spoils_no_entry_of_the_trail(acme: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    Client(headers={**ACME, "X-Forwarded-For": "x" * 300}).post("/sign-in/", {"email": "a@b.example", "password": "x"})

    assert AuditEntry.objects.get(action="session.refused").ip == "127.0.0.1"


@pytest.mark.parametrize(
    ("authority", "host", "name"),
    [("acme.localhost", "beta.localhost", "acme.localhost"), ("", "beta.localhost", "beta.localhost")],
)
def test_the_target_goes_before_the_header_as_rfc_9112_says(authority: str, host: str, name: str) -> None:
    scope = asked(host=host)
    scope.authority, scope.server, scope.client = authority, "127.0.0.1:8000", "192.0.2.1:5"
    scope.method, scope.path, scope.query_string, scope.http_version, scope.scheme = "GET", "/", "", "1.1", "http"

    assert environ_of(scope)["HTTP_HOST"] == name


def test_two_hosts_are_none() -> None:
    class Twice(Headers):
        def items(self) -> Any:
            return [("host", "acme.localhost"), ("host", "beta.localhost")]

    assert unfit(SimpleNamespace(headers=Twice(host="acme.localhost"))) == 400
