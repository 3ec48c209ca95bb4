"""Ten people answer three campaigns at different times, some join late, some send again; others read all they may."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import Role, User
from apps.campaigns import links, services
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import HOST, LIKERT, Clock, deliver_everything, make_version, part_of, path_of
from apps.models.models import ModelVersion, ScoreRun, Subject
from apps.models.services import answers_of, create_subject
from resimate.tests.confidential.attack import Answers, Known, Reading

PEOPLE = tuple(
    Contact(f"Person {letter}", f"{letter}@people.example", "ab"[place % 2])
    for place, letter in enumerate("qwertzuiop")
)
QUESTIONS = {f"n{number}": f"Q{number}" for number in range(1, 7)}
SCALE = [{"value": value, "name": {"en": str(value)}} for value in range(1, 6)]
DOCUMENT: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "telling",
    "name": {"en": "Telling"},
    "scale": {"low": 0, "high": 100},
    "response_scales": {"five": {**LIKERT, "options": SCALE}},
    "root": {
        "code": "all",
        "aggregation": "arithmetic_mean",
        "children": [
            {
                "code": "part",
                "name": {"en": "Part"},
                "aggregation": "arithmetic_mean",
                "children": [
                    {"code": node, "name": {"en": node}, "indicator": {"questions": [{"code": code, "scale": "five"}]}}
                    for node, code in QUESTIONS.items()
                ],
            }
        ],
    },
}
#: Each system role, and one that may read everything there is.
ROLES = ("model_analyst", "answers_auditor", "tenant_admin", "stakeholder", "everything")


@dataclass
class Reader:
    """Somebody signed in with one role, who keeps what they have read."""

    role: str
    user: User
    browser: Client
    known: Known
    moment: int = 0

    def sign_in(self) -> None:
        """Anew: time passes between two readings, and sessions end."""
        self.browser.force_login(self.user)

    def take(self, campaign: str, *paths: str) -> None:
        for path in paths:
            answer: Any = self.browser.get(path)
            streamed = getattr(answer, "streaming", False)
            body = b"".join(answer.streaming_content) if streamed else answer.content
            if answer.status_code == 200:
                self.known.readings.append(Reading(self.moment, f"{campaign} {path}", body.decode(errors="replace")))

    def ids(self, path: str) -> list[str]:
        answer = self.browser.get(f"/api/v1/{path}?page_size=200")
        return [one["id"] for one in answer.json()["results"]] if answer.status_code == 200 else []


@dataclass
class World:
    clock: Clock
    version: ModelVersion
    subject: Subject
    owner: User
    chance: random.Random
    truth: dict[str, dict[str, Answers]] = field(default_factory=dict)

    def open_link(self, token: str) -> tuple[str, Answers] | None:
        """What whoever has the link reads on the page on which answers are checked."""
        found = links.find(token, now=self.clock.moment).holder
        if found is None or Client(headers=HOST).get(f"/a/{token}/check/").status_code != 200:
            return None
        return (found.stakeholder.name, answers_of(found.response)) if found.response else None

    def reader(self, role: str) -> Reader:
        user = User.objects.create(email=f"{role}@acme.example", created_at=self.clock.moment)
        if role == "everything":
            accounts.create_role(
                role, name=role, permissions=["*:tenant:read"], acting_user=None, now=self.clock.moment
            )
        accounts.grant_role(user, Role.objects.get(code=role), acting_user=None, now=self.clock.moment)
        return Reader(role, user, Client(headers=HOST), Known({one.email: one.name for one in PEOPLE}, self.open_link))

    def run(self, period: str, readers: list[Reader], *, watched: bool) -> Campaign:
        """One campaign from its opening to its end; ``watched``: they read after everything that happens."""
        campaign = services.create_campaign(
            name=f"Wave {period}",
            version=self.version,
            subject=self.subject,
            period=period,
            closes_at=self.clock.moment + timedelta(days=9),
            acting_user=self.owner,
            now=self.clock.moment,
        )
        services.add_stakeholders(campaign, PEOPLE[:8], acting_user=self.owner, now=self.clock.moment)
        campaign = services.open_campaign(campaign, acting_user=self.owner, now=self.clock.moment)
        order = list(PEOPLE)
        self.chance.shuffle(order)
        for place, person in enumerate(order):
            if person in PEOPLE[8:]:
                services.add_stakeholders(campaign, [person], acting_user=self.owner, now=self.clock.moment)
            self._answer(campaign, person)
            if place % 4 == 3:  # somebody sends anew
                self._answer(campaign, order[place - 2])
            if watched:
                self._read(readers, campaign)
        services.close_campaign(campaign, acting_user=self.owner, now=self.clock.moment)
        self._read(readers, campaign)
        return Campaign.objects.get(pk=campaign.pk)

    def _answer(self, campaign: Campaign, person: Contact) -> None:
        """Through the personal link, some seconds after whatever was before."""
        self.clock.forward(seconds=self.chance.uniform(61, 4000))
        given = {code: self.chance.randint(1, 5) for code in QUESTIONS.values()}
        browser, path = Client(headers=HOST), path_of(part_of(campaign, person))
        browser.post(f"{path}sections/part/", {f"q-{code}": str(value) for code, value in given.items()})
        browser.post(f"{path}check/", {"confirmed": "yes"})
        self.truth.setdefault(str(campaign.pk), {})[person.name] = given

    def _read(self, readers: list[Reader], campaign: Campaign) -> None:
        deliver_everything(self.clock)
        for reader in readers:
            reader.moment += 1
            reader.sign_in()
            read_campaign(reader, campaign)


def read_campaign(reader: Reader, campaign: Campaign) -> None:
    """Everything about a campaign, its assessment and what belongs to them, and the trail."""
    api, pk, one = "/api/v1/", campaign.pk, f"assessments/{campaign.assessment_id}/"
    reader.take(str(pk), *(f"{api}campaigns/{pk}/{part}" for part in ("", "participations/", "progress/", "results/")))
    reader.take(str(pk), f"{api}campaigns/{pk}/participations/export/", f"{api}campaigns/{pk}/results/?format=csv")
    parts = ("", "export/", "export/?format=csv", "responses/", "responses/export/", "scores/", "scores/export/")
    reader.take(str(pk), *(f"{api}{one}{part}" for part in parts))
    reader.take(str(pk), *(f"{api}{one}scores/latest/{part}" for part in ("", "explanation/", "trace/")))
    reader.take(str(pk), *(f"{api}{one}responses/{response}/" for response in reader.ids(f"{one}responses/")))
    for run in _runs(reader, campaign):
        reader.take(str(pk), *(f"{api}{one}scores/{run}/{part}" for part in ("", "explanation/", "trace/")))
        reader.take(str(pk), f"/assessments/{campaign.assessment_id}/why/?run={run}")
    reader.take(
        str(pk), f"/campaigns/{pk}/", f"/campaigns/{pk}/results/", f"/assessments/{campaign.assessment_id}/why/"
    )
    reader.take("", "/", f"{api}audit-entries/?page_size=200", f"{api}messages/?page_size=200")


def _runs(reader: Reader, campaign: Campaign) -> list[str]:
    """The runs that are listed, and those of which the id may be known from elsewhere."""
    stored = [str(pk) for pk in ScoreRun.objects.filter(assessment=campaign.assessment_id).values_list("pk", flat=True)]
    return [*{*stored, *reader.ids(f"assessments/{campaign.assessment_id}/scores/")}]


def read_pages(reader: Reader, most: int) -> int:
    """Every page that leads from one to the next, the administration's, too; each kind of address some times."""
    waiting = ["/", "/campaigns/", "/subjects/", "/models/", "/admin/"]
    seen: set[str] = set()
    kinds: dict[str, int] = {}
    reader.sign_in()
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        seen.add(path)
        before = len(reader.known.readings)
        reader.take("", path)
        for found in _links_of(reader.known.readings[before:]):
            kind = _kind(found)
            if found not in seen and found not in waiting and kinds.get(kind, 0) < 4:
                kinds[kind] = kinds.get(kind, 0) + 1
                waiting.append(found)
    return len(seen)


def _links_of(readings: list[Reading]) -> Iterator[str]:
    for one in readings:
        for path in re.findall(r'href="(/[^"#]*|\?[^"#]*)"', one.body):
            whole = path if path.startswith("/") else one.address.split()[-1].split("?")[0] + path
            if not whole.startswith(("/static/", "/sign-out", "/a/", "/api/docs")):
                yield whole.replace("&amp;", "&")


def _kind(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", path)


def make_world(acme: Any, clock: Clock, owner: User) -> World:
    subject = create_subject(code="harbour", name="Harbour", acting_user=None, now=clock.moment)
    version = make_version(clock.moment, json.loads(json.dumps(DOCUMENT)))
    return World(clock, version, subject, owner, random.Random(7))
