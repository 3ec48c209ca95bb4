"""What a person could note down of a running installation, through its API, its pages and its mailbox alone."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest

from resimate.tests.product import Answer, Product
from resimate_servers import mailbox

Row = dict[str, Any]
COLLECTIONS = (
    *("models", "subjects", "reference-sets", "assessments", "campaigns", "stakeholders", "weight-elicitations"),
    *("users", "roles", "grants", "api-keys", "messages", "audit-entries"),
)
SIGN_INS = (
    *(("demo", "admin@demo.example"), ("demo", "analyst@demo.example")),
    *(("hdi", "admin@hdi.example"), ("", "platform@localhost.example")),
)
PERSONAL_LINK = re.compile(r"/[ae]/[\w-]{30,}/")
#: Fields that say what happened last, or what is calculated from everything that is noted besides.
MOVING = frozenset({"updated_at", "last_used_at", "last_login", "latest_run", "score", "band"})
#: What this code no longer shows beside a name, since it might tell who answered what.
WITHHELD = frozenset({"started_at", "submitted_at"})
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


class Form(HTMLParser):
    """What is filled in, chosen and hidden in the forms of a page, by name, and where the page leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.links: list[str] = []
        self._name = self._writing = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name, kind = found.get("name", ""), found.get("type", tag)
        self._writing = name if tag == "textarea" else ""
        if tag == "a":
            self.links.append(found.get("href", "").partition("#")[0])
        elif tag == "select":
            self._name = name
        elif (tag == "option" and "selected" in found) or (kind in ("radio", "checkbox") and "checked" in found):
            self.values[name or self._name] = found["value"]
        elif tag == "input" and kind not in ("radio", "checkbox"):
            (self.hidden if kind == "hidden" else self.values)[name] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._writing:
            self.values[self._writing] = data.strip()
            self._writing = ""


@dataclass
class Caller:
    """A program with a key of a tenant."""

    product: Product
    tenant: str
    key: str

    def get(self, path: str) -> Any:
        return self._checked(self.product.request("GET", self.tenant, f"/api/v1/{path}", key=self.key))

    def post(self, path: str, body: Any = None) -> Any:
        return self._checked(
            self.product.request("POST", self.tenant, f"/api/v1/{path}", key=self.key, body=body or {})
        )

    def every(self, path: str) -> Iterator[Row]:
        address: str | None = f"{path}?page_size=200"
        while address:
            page = self.get(address)
            yield from page["results"]
            address = page["next"] and page["next"].partition("/api/v1/")[2]

    @staticmethod
    def _checked(answer: Answer) -> Any:
        assert answer.status < 300, (answer.status, answer.body)
        return answer.json() if answer.body else None


@dataclass
class Notes:
    """``rows``: by tenant and collection, then by id. ``answers``: of each assessment, sorted. ``links``: by path."""

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    versions: dict[str, Row] = field(default_factory=dict)
    people: dict[str, dict[str, Row]] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, dict[str, Row]]:
        people = {f"people of {campaign}": rows for campaign, rows in self.people.items()}
        return {**self.rows, **people, "versions": self.versions, "links": self.links}


def take(product: Product, keys: dict[str, str], links: list[str]) -> Notes:
    """Read everything that ``keys`` (by tenant) and ``links`` (paths of the tenant ``demo``) open."""
    notes = Notes(links={path: _written_behind(product, path) for path in links})
    for tenant, key in keys.items():
        caller = Caller(product, tenant, key)
        for collection in COLLECTIONS:
            notes.rows[f"{tenant} {collection}"] = {row["id"]: row for row in caller.every(f"{collection}/")}
        for pk in notes.rows[f"{tenant} models"]:
            notes.versions |= {row["id"]: row for row in caller.every(f"models/{pk}/versions/")}
        for pk in notes.rows[f"{tenant} campaigns"]:
            notes.people[pk] = {row["id"]: row for row in caller.every(f"campaigns/{pk}/participations/")}
            notes.people[pk]["progress"] = caller.get(f"campaigns/{pk}/progress/")
        for pk, row in notes.rows[f"{tenant} assessments"].items():
            _note_assessment(notes, caller, pk, row)
    return notes


def _note_assessment(notes: Notes, caller: Caller, pk: str, row: Row) -> None:
    """Score and sent answers of an assessment for which none are collected any more."""
    if row["state"] == "open" and not row["values"]:
        return
    notes.scores[pk] = row["score"]
    address = f"assessments/{pk}/responses/"
    # Those of confidential assessments come without times, and only when they were sent.
    sent = [one["id"] for one in caller.every(address) if one["submitted_at"] or not one["created_at"]]
    notes.answers[pk] = sorted(str(sorted(caller.get(f"{address}{one}/")["answers"].items())) for one in sent)


def personal_links(product: Product) -> list[str]:
    """Every personal link that the mailbox holds."""
    found = set()
    for mail in mailbox.messages(product.folder / "data" / "mail"):
        body = mail.message.get_body(("plain",))
        found.update(PERSONAL_LINK.findall(body.get_content() if body else ""))
    return sorted(found)


def _written_behind(product: Product, link: str) -> dict[str, str]:
    """What the pages behind a personal link show as filled in, and how the first of them answers."""
    found = {"status": str(product.request("GET", "demo", link).status)}
    waiting, seen = [link], {link}
    while waiting:
        path = waiting.pop()
        answer = product.request("GET", "demo", path)
        if answer.status == 200:
            form = Form(answer.body.decode())
            found |= {f"{path.removeprefix(link)}{name}": value for name, value in form.values.items() if value}
            further = {path for path in form.links if path.startswith(link)} - seen
            waiting += further
            seen |= further
    return found


def differences(before: Notes, after: Notes) -> list[str]:
    """What was noted before and is not there, or not the same, after; more may have come."""
    found, now_noted = [], after.tables
    for name, rows in before.tables.items():
        now = now_noted.get(name, {})
        found += [f"{name} {key} is gone" for key in rows if key not in now]
        found += [f"{name} {key}: {one}" for key in rows if key in now for one in _changes(rows[key], now[key])]
    for key, answers in before.answers.items():
        lost = Counter(answers) - Counter(after.answers.get(key, ()))
        found += [f"answers of {key}: {one} is gone" for one in lost.elements()]
    for key, score in before.scores.items():
        if after.scores.get(key) != pytest.approx(score, rel=1e-12, abs=0):
            found.append(f"score of {key}: {score} is {after.scores.get(key)}")
    return found


def _changes(row: Row, now: Row) -> list[str]:
    moving = MOVING | WITHHELD | ({"permissions"} if row.get("is_system") else set())
    return [f"{key} {row[key]!r} is {now.get(key)!r}" for key in row.keys() - moving if row[key] != now.get(key)]


def sign_in(product: Product, tenant: str, email: str) -> bool:
    """Whether the person comes in with the password that was printed."""
    page = product.request("GET", tenant, "/sign-in/")
    cookies = SimpleCookie(page.headers.get("set-cookie", ""))
    sent = {**Form(page.body.decode()).hidden, "email": email, "password": product.password(email)}
    cookie = "; ".join(f"{one.key}={one.value}" for one in cookies.values())
    answer = product.request("POST", tenant, "/sign-in/", body=urlencode(sent).encode(), Cookie=cookie, **FORM)
    return answer.status == 302 and "sign-in" not in answer.headers["location"]
