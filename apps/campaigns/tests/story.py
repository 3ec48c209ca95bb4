"""What the tests of this app tell: Ada asks Bo and Cy how they see the resilience of Harbour."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apps.accounts.models import Grant, Role, User
from apps.campaigns import links, services
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services import Contact
from apps.core import events
from apps.models.models import ModelVersion, Response
from apps.models.services import import_document, publish_version, save_answer
from resimate_servers import mailbox

HOST = {"host": "acme.localhost"}
BO = Contact("Bo Berg", "bo@example.org", "Staff")
CY = Contact("Cy Cole", "cy@example.org", "Management")

LIKERT = {
    "kind": "ordinal",
    "options": [
        {"value": 1, "name": {"en": "Never", "de": "Nie"}},
        {"value": 2, "name": {"en": "Rarely", "de": "Selten"}},
        {"value": 3, "name": {"en": "Always", "de": "Immer"}},
    ],
}


def question(code: str, text: str, scale: str = "often", **more: Any) -> dict[str, Any]:
    return {"code": code, "text": {"en": text, "de": f"DE {text}"}, "scale": scale, **more}


def node(code: str, name: str, *questions: dict[str, Any]) -> dict[str, Any]:
    return {"code": code, "name": {"en": name, "de": f"DE {name}"}, "indicator": {"questions": list(questions)}}


DOCUMENT: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "harbour",
    "name": {"en": "Harbour check", "de": "Hafenprüfung"},
    "mode": "absolute",
    "scale": {"low": 0, "high": 100},
    "bands": [{"from": 0, "code": "low", "name": {"en": "Low"}}, {"from": 50, "code": "high", "name": {"en": "High"}}],
    "response_scales": {
        "often": LIKERT,
        "share": {"kind": "numeric", "low": 0, "high": 100},
        "yes_no": {"kind": "boolean"},
        "several": {
            "kind": "multi",
            "options": [
                {"value": "plan", "name": {"en": "A plan", "de": "Ein Plan"}},
                {"value": "drill", "name": {"en": "Drills", "de": "Übungen"}},
            ],
        },
    },
    "root": {
        "code": "all",
        "name": {"en": "Resilience", "de": "Resilienz"},
        "aggregation": "arithmetic_mean",
        "children": [
            node("people", "People", question("P1", "We train?"), question("P2", "We rotate duties?")),
            node(
                "plans", "Plans", question("S1", "Share of plans tested", "share"), question("S2", "Insured?", "yes_no")
            ),
            node("means", "Means", question("M1", "Which do you have?", "several")),
        ],
    },
}


class Clock:
    """What time it is in a test."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **delta: float) -> datetime:
        self.moment += timedelta(**delta)
        return self.moment


def make_user(email: str, now: datetime, role: str = "model_analyst") -> User:
    user = User.objects.create(email=email, created_at=now)
    Grant.objects.create(user=user, role=Role.objects.get(code=role), granted_at=now)
    return user


def make_version(now: datetime, document: dict[str, Any] = DOCUMENT) -> ModelVersion:
    return publish_version(import_document(document, acting_user=None, now=now), acting_user=None, now=now)


def part_of(campaign: Campaign, contact: Contact) -> Participation:
    people = campaign.participations.select_related("stakeholder__key", "response__assessment__version", "campaign")
    return next(one for one in people if one.stakeholder.email == contact.email)


def send(participation: Participation, answers: dict[str, Any], now: datetime) -> None:
    """Answer and send as the person's link does."""
    for question, value in answers.items():
        save_answer(taken_part(participation), question, value, answered_at=now, now=now)
    services.send_answers(participation, now=now)


def others_send(campaign: Campaign, count: int, answers: dict[str, Any], now: datetime) -> None:
    """More people join an open campaign and all say the same."""
    people = [Contact(f"Other {number}", f"other{number}@example.org") for number in range(count)]
    services.add_stakeholders(campaign, people, acting_user=None, now=now)
    for person in people:
        send(part_of(campaign, person), answers, now)


def taken_part(participation: Participation) -> Response:
    assert participation.response is not None
    return participation.response


def path_of(participation: Participation) -> str:
    return f"/a/{links.token_for(participation)}/"


def deliver_everything(clock: Clock) -> int:
    """Run all that is due now, and what follows from it."""
    count = 0
    while batch := events.deliver_due(clock.moment):
        count += batch
    return count


@dataclass(frozen=True)
class Post:
    """A mail server's folder."""

    folder: Path
    port: int

    @property
    def mails(self) -> list[mailbox.StoredMail]:
        """Oldest first."""
        return list(mailbox.messages(self.folder))[::-1]

    def to(self, contact: Contact) -> list[mailbox.StoredMail]:
        return [mail for mail in self.mails if contact.email in mail.recipients]


def link_in(mail: mailbox.StoredMail) -> str:
    """The path of the personal link in an e-mail."""
    found = re.search(r"http://acme\.localhost:\d+(/a/[\w-]+/)", mail.message.get_content())
    assert found, mail.message.get_content()
    return found.group(1)
