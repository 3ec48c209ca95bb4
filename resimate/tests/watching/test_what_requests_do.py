"""What comes with a request reaches the database as a parameter alone, and no file, address or program by its own name.

Every operation of the API's document and every page is asked, with a mark in whatever a request brings, while the
process is watched from inside; the second half shows, on addresses that do each of it, that it would be seen.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from apps.core.memory import forget_all
from resimate.tests.api.addresses import ANY
from resimate.tests.test_permission_matrix import ACME, _url
from resimate.tests.test_safe_methods import addresses, administrator, ids, routes
from resimate.tests.watching.marked import CONDITIONS, HEADERS, QUERY, Bodies, a_file, everywhere, form, queries
from resimate.tests.watching.watch import MARK, Watch, watching
from resimate.tests.world import world
from resimate.urls import tenant as tenant_urls

__all__ = ["administrator", "ids", "world"]  # fixtures of the world with one of everything

pytestmark = [pytest.mark.requirement("TEST-003", "SEC-001"), pytest.mark.django_db(databases=["default", "owner"])]


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as found:
        yield found


class Asker:
    """Asks as somebody who may do everything, with marks in every header, and undoes whatever came of it."""

    def __init__(self, user: Any, watch: Watch) -> None:
        self.browser = Client(headers={**HEADERS, **ACME}, raise_request_exception=False)
        self.browser.force_login(user)
        self.browser.cookies["django_language"] = self.browser.cookies[MARK] = MARK
        self.cookies = {name: one.value for name, one in self.browser.cookies.items()}
        self.watch, self.statuses = watch, list[tuple[str, str, int]]()

    def ask(self, method: str, address: str, body: Any = None, *, form: Any = None, headers: Any = None) -> Any:
        sent: dict[str, Any] = {"data": form} if form is not None else _as_json(body)
        with transaction.atomic(), transaction.atomic(using="owner"), self.watch.on(f"{method} {address}"):
            answer: Any = getattr(self.browser, method.lower())(address, **sent, headers=headers)
            if answer.streaming:
                answer.text_of_it = b"".join(answer.streaming_content)
            transaction.set_rollback(True)
            transaction.set_rollback(True, using="owner")
        forget_all()
        self.browser.cookies.clear()
        self.browser.cookies.load(self.cookies)
        self.statuses.append((method, address.partition("?")[0], answer.status_code))
        return answer

    def done(self, *methods: str) -> int:
        """How many addresses did what they were asked to, at least once."""
        return len({(how, where) for how, where, status in self.statuses if how in methods and status < 400})


def _as_json(body: Any) -> dict[str, Any]:
    if isinstance(body, dict) and any(isinstance(one, SimpleUploadedFile) for one in body.values()):
        return {"data": body}
    if isinstance(body, SimpleUploadedFile):
        return {"data": body.read(), "content_type": "application/offset+octet-stream"}
    return {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}


@pytest.fixture
def asker(administrator: Any, watch: Watch) -> Asker:
    return Asker(administrator, watch)


def _there(path: str, world: dict[str, Any]) -> str:
    """A path of the document with the ids of things that are there."""
    plain = {"number": "1", "key": "campaign.sender", "event": "user.created"}
    filled = re.sub(r"{(\w+)}", lambda part: plain.get(part[1], ANY), path)
    return _url(resolve(filled, "resimate.urls.tenant").url_name or "", world)


def _in_marks(path: str) -> str:
    """The same with a mark for each part that is to be filled in."""
    return re.sub(r"{\w+}", MARK, path)


@pytest.mark.thorough
def test_no_operation_of_the_api_lets_out_what_it_was_sent(asker: Asker, world: dict[str, Any]) -> None:
    singular = {name.removesuffix("s").replace("-", "_"): one for name, one in world.items()}
    bodies = Bodies(singular)

    for method, path, operation in bodies.operations():
        address, (body, *others) = _there(path, world), bodies.bodies(operation)
        if method == "GET":
            for query in queries(operation):
                asker.ask(method, f"{address}?{query}")
            asker.ask(method, address, headers=CONDITIONS)
        else:
            for one in (body, *others):
                asker.ask(method, address, one)
            asker.ask(method, f"{address}?{MARK}={MARK}", everywhere(body), headers=CONDITIONS)
        asker.ask(method, _in_marks(path))

    assert sorted(asker.watch.found) == []
    assert asker.done("GET") > 100
    assert asker.done("POST", "PUT", "PATCH", "DELETE") > 60
    assert asker.watch.counted["marked parameters"] > 400


def _filters() -> Iterator[str]:
    """The lists of the administration, with each filter that they have and one that they have not."""
    for model, one in admin.site._registry.items():
        where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        names = [given[0] if isinstance(given, tuple) else str(given) for given in one.list_filter]
        yield from (f"{where}?{name}={MARK}" for name in (*names, f"{MARK}__{MARK}"))


def _ask_page(asker: Asker, text: str, address: str) -> None:
    """To see it, to see what a query makes of it, and to send its forms as they should be and as they should not."""
    shown = asker.ask("GET", address)
    asker.ask("GET", f"{address}?{urlencode(dict.fromkeys(QUERY, MARK))}")
    fields = form("" if shown.streaming else shown.content.decode(errors="replace"))
    if fields:
        asker.ask("POST", address, form=fields)
    asker.ask("POST", address, form=dict.fromkeys(fields, MARK) | {MARK: a_file()})
    if "<" in text:
        asker.ask("GET", "/" + re.sub(r"<[^>]+>|\(\?P.*?\)+", MARK, text))


@pytest.mark.thorough
@pytest.mark.parametrize(("of", "seen", "sent"), [("administration", 130, 60), ("portal", 55, 45)])
def test_no_page_and_no_form_lets_out_what_it_was_sent(
    of: str,
    seen: int,
    sent: int,
    asker: Asker,
    ids: dict[str, Any],
) -> None:
    is_admin = of == "administration"
    for name, text in routes(tenant_urls.urlpatterns):
        if not text.startswith("api/v1/") and text.startswith("admin/") is is_admin:
            _ask_page(asker, text, addresses(name, text, ids))
    for address in _filters() if is_admin else ():
        asker.ask("GET", address)

    assert sorted(asker.watch.found) == []
    assert asker.done("GET") >= seen
    assert asker.done("POST") >= sent


#: What each address of ``planted`` does with the query that it is asked with, and what is said of it.
DEEDS = {
    "concatenated": "SQL SELECT 'zq7mark'",
    "written": 'SQL SELECT 1 AS "zq7mark"',
    "opened": "open /tmp/zq7mark",
    "listed": "os.listdir /zq7mark",
    "elsewhere": "open /opt/other",
    "called": "a call of ('zq7mark.example'",
    "called-off-the-list": "a call of ('192.0.2.7'",
    "started": "a program",
    "started-off-the-list": "a program",
    "evaluated": "compile",
    "imported": "import",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_no_request_may_do_is_seen_with_the_line_that_did_it(
    deed: str, acme: Any, watch: Watch, settings: Any
) -> None:
    settings.ROOT_URLCONF = "resimate.tests.watching.planted"
    browser = Client(headers=ACME, raise_request_exception=False)
    with watch.on("GET"):
        browser.get(f"/{deed}/", {"sent": MARK})

    assert [one for one in watch.found if DEEDS[deed] in one and "watching/planted.py:" in one] != []


def test_a_parameter_of_a_statement_is_what_a_mark_may_be(acme: Any, watch: Watch, settings: Any) -> None:
    settings.ROOT_URLCONF = "resimate.tests.watching.planted"
    with watch.on("GET"):
        answer = Client(headers=ACME).get("/bound/", {"sent": MARK})

    assert (answer.content.decode(), watch.found) == (MARK, set())
    assert watch.counted["marked parameters"] == 1


def test_nothing_is_heard_of_what_happens_between_requests(watch: Watch) -> None:
    with pytest.raises(OSError, match=MARK):
        Path(f"/tmp/{MARK}").read_text()  # noqa: S108  it is not there

    assert watch.found == set()
