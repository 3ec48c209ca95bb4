"""What copies are taken of: an organisation whose people write in seven scripts, and leave what they are known by."""

from datetime import datetime, timedelta
from typing import Any, Final

from apps.accounts import services as accounts
from apps.accounts.models import Invitation, Role, Session
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import make_version, others_send, part_of, send
from apps.core.fields import new_id
from apps.elicitation import services as elicitations
from apps.elicitation.tests.story import DOCUMENT as WEIGHED
from apps.elicitation.tests.story import POINTS, judge
from apps.factors.models import Factor, Phone
from apps.models.services import (
    create_assessment,
    create_response,
    create_subject,
    freeze_reference_set,
    import_document,
    save_answer,
    score_assessment,
)

#: In seven scripts.
PEOPLE: Final = (
    ("Zoë Quaranta", "zoe.quaranta@people.example"),
    ("Юлия Ковалёва", "julia@ковалёва.example"),
    ("Ελένη Παππά", "eleni@people.example"),
    ("ليلى حداد", "leila@people.example"),
    ("נועה לוי", "noa@people.example"),
    ("अनिका शर्मा", "anika@people.example"),
    ("王小明", "xiaoming@people.example"),
)
PHONE = "+49 30 901820"
WORDS = (
    "Ask Mrs Quaranta",
    "Secret plan of Harbourtown",
    "198.51.100.7",
    "Browser of Zoë",
    "Ministry of Tides",
    PHONE,
    f"Call {PHONE}",
)
#: What stands in the documents of stories, and in what is taken.
OF_DOCUMENTS = ("We train?", "DE People", "Hafenprüfung", "Nordhafen")
#: Of what stays behind, what has rows where copies are taken.
STAY = (
    *("accounts.Session", "accounts.Invitation", "factors.Factor", "factors.Phone", "notifications.Message"),
    *("accounts.ApiKey", "configuration.Setting", "files.StoredFile"),
)
#: What is measured, and of whom: called as somebody likes, and in an order that sums depend on.
MEASURED: Final[dict[str, Any]] = {
    "schema": "resimate.model/1",
    "code": "measured",
    "name": {"en": "Measured"},
    "mode": "relative",
    "scale": {"low": 0, "high": 1},
    "root": {
        "code": "all",
        "aggregation": "arithmetic_mean",
        "children": [
            {"code": "x", "indicator": {"input": "Turnover of Bank Quaranta", "normalisation": "z_score"}},
            {
                "code": "y",
                "indicator": {
                    "input": "Staff, by Mrs Quaranta",
                    "normalisation": {"method": "ratio_to_reference", "reference": "anika@people.example"},
                },
            },
        ],
    },
}
UNITS: Final = ("Quaranta & Söhne", "anika@people.example", "Bank of Zoë Quaranta")
ANSWERS = {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}


def live(tenant: Any, now: datetime) -> None:
    """People of all scripts work, are asked, answer, and leave what they are known by."""
    ana = accounts.create_user(f"ana@{tenant.slug}-people.example", password="correct horse battery", now=now)
    accounts.grant_role(ana, Role.objects.get(code="tenant_admin"), acting_user=None, now=now)
    ana.name, ana.attributes = "Ana Quaranta", {"department": WORDS[4]}
    ana.save()
    Session.objects.create(
        id=new_id(), user=ana, user_agent=WORDS[3], network=WORDS[2], expire_date=now, began_at=now, last_used_at=now
    )
    factor = Factor.objects.create(user=ana, key=ana.key, kind="sms", name=WORDS[3], confirmed=True, created_at=now)
    Phone.objects.create(factor=factor, key=ana.key, number=PHONE)
    Invitation.objects.create(
        email="new.quaranta@people.example", invited_by=ana, created_at=now, sent_at=now, expires_at=now
    )
    accounts.create_role("spare", name=WORDS[4], permissions=["models:tenant:read"], acting_user=None, now=now)
    version = make_version(now)
    subject = create_subject(code="harbour", name="Nordhafen", acting_user=ana, now=now)
    campaign = campaigns.create_campaign(
        name=WORDS[1],
        version=version,
        subject=subject,
        closes_at=now + timedelta(days=9),
        introduction=WORDS[0],
        acting_user=ana,
        now=now,
    )
    contacts = [Contact(name, email, "Ministry of Tides") for name, email in PEOPLE]
    campaigns.add_stakeholders(campaign, contacts, acting_user=ana, now=now)
    campaign = campaigns.open_campaign(campaign, acting_user=ana, now=now)
    campaigns.invite_next_batch(campaign.pk, now=now)
    for number, contact in enumerate(contacts):
        send(part_of(campaign, contact), {**ANSWERS, "P1": number % 3 + 1}, now)
    others_send(campaign, 8, ANSWERS, now)
    score_assessment(Campaign.objects.get().assessment, now=now)  # type: ignore[arg-type]  # it is open
    plain = create_assessment(version=version, subject=subject, period="2026", acting_user=ana, now=now)
    said = create_response(plain, rater="zoe.quaranta", answers=ANSWERS, acting_user=ana, now=now)
    save_answer(said, "P1", 2, answered_at=now, now=now, comment=WORDS[6])
    score_assessment(plain, now=now)
    _compare(tenant, now)
    weighed = elicitations.create_elicitation(
        name=WORDS[1],
        version=import_document({**WEIGHED, "code": "weighed"}, acting_user=ana, now=now),
        method="budget_allocation",
        nodes=["plans"],
        acting_user=ana,
        now=now,
    )
    elicitations.add_experts(weighed, [contacts[0]], acting_user=ana, now=now)
    judge(weighed, contacts[0], {"plans": POINTS["plans"]}, now)


def _compare(tenant: Any, now: datetime) -> None:
    """Units of a reference set, and subjects of the same names, by what is measured."""
    version = make_version(now, MEASURED)
    inputs = [child["indicator"]["input"] for child in MEASURED["root"]["children"]]
    values = {
        name: dict(zip(inputs, (0.1 * number, number / 3), strict=True)) for number, name in enumerate(UNITS, start=1)
    }
    units = [{"id": name, "values": measured} for name, measured in values.items()]
    frozen, _ = freeze_reference_set(version, "Quaranta 2026", units, acting_user=None, now=now)
    for name, measured in values.items():
        subject = create_subject(code=name, name=name, acting_user=None, now=now)
        assessed = create_assessment(
            version=version, subject=subject, values=measured, reference_set=frozen, acting_user=None, now=now
        )
        score_assessment(assessed, now=now)


def everything_personal() -> list[str]:
    return [
        *(text for person in PEOPLE for text in person),
        *WORDS,
        *OF_DOCUMENTS,
        "Quaranta",
        "quaranta",
        "example.org",
    ]
