"""Whatever is sent to whatever page, in its address, query, form, headers or cookies, no page fails."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.campaigns.tests.conftest import *  # noqa: F403  the story
from resimate.tests import test_reading_is_recorded as reading
from resimate.tests.database import LOAD  # all of it takes many minutes: in `make load`
from resimate.tests.sizes import one_of
from resimate.tests.test_reading_is_recorded import ACME, _pages

pytestmark = pytest.mark.requirement("TEST-003")
boss, browser, people = reading.boss, reading.browser, reading.people  # the fixtures of that story

TEXTS = [
    "", "\0", "a\0b", "x" * 5000, "1e400", "-1", "99999999999999999999", "NaN", "' OR 1=1--", "{{7*7}}{% debug %}",
    "<script>", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "\u202e", "٣", "0000-00-00T99:99",
    "2026-01-01T00:00:00+99:99", "9999-12-31T23:59:59Z", "[[[", "{", "null", "../../etc/passwd", "a\r\nBcc: x@y.z",
    "00000000-0000-7000-8000-000000000000", "%00", "😀" * 300,
]  # fmt: skip
LOOKUPS = [
    "e=1", "id__exact=%00", "id__exact=x", "pk=%00", "pk__in=x", "o=x", "o=-99", "o=1.2.-3..", "o=99999999999999999999",
    "p=x", "p=-1", "p=99999999", "p=%00", "all=", "q=%00", "q=" + "x" * 3000, "q=%22", "_popup=1", "_popup=%00",
    "_to_field=%00", "_to_field=password", "_changelist_filters=%00", "_facets=", "is_active__exact=x",
    "is_active__exact=%00", "recorded_at__gte=x", "recorded_at__year=99999999999", "category__in=%00,x",
    "status__isnull=x", "role__id__exact=x", "role__id__exact=%00", "user__password__startswith=a", "__=1", "a__b__c=1",
    "state=%00", "state__exact=%ED%A0%80", "recorded_at__gte=9999-99-99", "next=%00", "next=//evil", "group=%00",
    "run=%00", "run=x", "page=%00", "page=-1", "language=%00", "status=%00", "version=x", "with=%00",
]  # fmt: skip
CONTENTS = [b"", b"\0", b"\xff\xfe", b"PK\x03\x04", b"{", b'{"a":' * 50, b'a;b\n"', b"name,email\n\0,\0"]
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "PROPFIND")


@pytest.fixture
def calm(browser: Client) -> Client:
    browser.raise_request_exception = False
    return browser


def _faults(asked: Iterator[tuple[str, Any]]) -> list[str]:
    return [what for what, answer in asked if answer.status_code >= 500]


def _lists() -> list[str]:
    names = [f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist" for m in admin.site._registry]
    return [reverse(name) for name in names]


def test_no_filter_of_the_administration_is_a_fault(calm: Client, people: dict[str, Any]) -> None:
    filters = [
        f"{name}{lookup}={value}"
        for model_admin in admin.site._registry.values()
        for one in model_admin.list_filter
        for name in [one[0] if isinstance(one, tuple) else str(one)]
        for lookup in ("", "__exact", "__gte", "__in", "__isnull", "__id__exact", "__year", "__regex")
        for value in ("x", "%00", "99999999999999999999")
    ]
    queries = [*LOOKUPS, *dict.fromkeys(filters)]
    chosen = queries if LOAD else random.Random(7).sample(queries, 10)

    assert (
        _faults(
            (f"{url}?{query}", calm.get(f"{url}?{query}")) for url in _lists() for query in chosen[:: 1 if LOAD else 4]
        )
        == []
    )


@pytest.mark.parametrize(
    "key", one_of("%00", "x", "_5F_00", "00000000-0000-7000-8000-000000000000", "1" * 400, "add", "a/b")
)
def test_no_object_of_the_administration_is_a_fault(calm: Client, people: dict[str, Any], key: str) -> None:
    tails = ("change/", "history/", "delete/", "")

    assert _faults((f"{url}{key}/{tail}", calm.get(f"{url}{key}/{tail}")) for url in _lists() for tail in tails) == []


@pytest.mark.thorough
def test_no_action_of_the_administration_is_a_fault(calm: Client, people: dict[str, Any]) -> None:
    bodies: list[dict[str, Any]] = [
        {"action": "delete_selected", "_selected_action": ["x"]},
        {"action": "reset_password", "_selected_action": ["\0"]},
        {"action": "deactivate", "_selected_action": ["00000000-0000-7000-8000-000000000000", "x"]},
        {"action": "\0", "index": "x", "_selected_action": "1"},
        {"action": "activate", "index": "99", "select_across": "x"},
        {"_save": "1", "form-TOTAL_FORMS": "x"},
    ]

    assert _faults((f"{url} {body}", calm.post(url, body)) for url in _lists() for body in bodies) == []


def test_no_query_and_no_method_of_a_page_is_a_fault(calm: Client, people: dict[str, Any]) -> None:
    pages = [url for url in _pages(people) if not url.startswith("/admin/") and "sign-out" not in url]
    pick = random.Random(11)

    def asked() -> Iterator[tuple[str, Any]]:
        for url in pages if LOAD else pick.sample(pages, 12):
            for query in LOOKUPS if LOAD else pick.sample(LOOKUPS, 2):
                yield f"{url}?{query}", calm.get(f"{url}?{query}")
            for method in METHODS if LOAD else pick.sample(METHODS, 2):
                yield f"{method} {url}", calm.generic(method, url, b"x")

    assert len(pages) > 15
    assert _faults(asked()) == []


def _fields(html: str) -> dict[str, str]:
    """The fields of all forms of a page, by name: what kind of field it is."""
    found = re.findall(r"<(input|textarea|select)\b([^>]*)", html)
    named = ((re.search(r'name="([^"]+)"', rest), re.search(r'type="([^"]+)"', rest)) for _, rest in found)
    return {name[1]: kind[1] if kind else "text" for name, kind in named if name}


def _value(kind: str, pick: random.Random) -> Any:
    if kind == "file" and pick.random() < 0.8:
        content = pick.choice(
            [b"", b"\0", b"\xff\xfe", b"PK\x03\x04", b"{", b'{"a":' * 50, b'a;b\n"', b"name,email\n\0,\0"]
        )
        return SimpleUploadedFile(pick.choice(["x.json", "x.xlsx", "iMeta.csv", "\u202ex", "a" * 300]), content)
    return pick.choice(TEXTS)


def test_no_form_is_a_fault(calm: Client, people: dict[str, Any]) -> None:
    pages = [url for url in _pages(people) if "sign-out" not in url and "logout" not in url]
    pick = random.Random(13)

    def asked() -> Iterator[tuple[str, Any]]:
        for url in pages if LOAD else pick.sample(pages, 8):
            shown = calm.get(url)
            fields = _fields("" if shown.streaming else shown.content.decode(errors="replace"))
            for _ in range(12 if LOAD else 1):
                body = {name: _value(kind, pick) for name, kind in fields.items() if pick.random() < 0.9}
                answer = calm.post(url, body)
                yield f"{url} {body}", answer

    assert _faults(asked()) == []


@pytest.mark.parametrize("token", ["x", "%00", "A" * 43, "%F0%9F%98%80", "-" * 43, "a" * 3000, "%2e%2e", "_" * 44])
def test_no_personal_link_is_a_fault(acme: Any, token: str) -> None:
    client = Client(headers=ACME, raise_request_exception=False)
    tails = ("", "opened/", "check/", "done/", "sections/x/", "answers/%00/", "nodes/x/")
    urls = [*(f"/{kind}/{token}/{tail}" for kind in "ae" for tail in tails), f"/password/new/{token}/"]

    assert _faults((url, client.get(url)) for url in urls) == []
    assert _faults((f"POST {url}", client.post(url, {"x": "\0", "answer": "\0"})) for url in urls) == []


HEADERS = ("cookie", "accept-language", "referer", "origin", "hx-request", "traceparent", "user-agent", "accept")


@pytest.mark.parametrize("header", HEADERS if LOAD else HEADERS[:2])
def test_no_header_of_a_page_is_a_fault(calm: Client, people: dict[str, Any], header: str) -> None:
    values = ["", "\0", "\xff", "x" * 3000, ";;=", "resimate=\0", "csrftoken=%00", "true", "zz-\0", "messages=x:y:z"]
    pages = ["/", "/sign-in/", "/account/", "/campaigns/", "/admin/", "/password/forgotten/"][: 6 if LOAD else 2]

    assert _faults((f"{url} {one!r}", calm.get(url, headers={header: one})) for url in pages for one in values) == []
