"""Tenant ``demo``: a water utility with a finished wave of last year, a campaign that is running, and a draft whose
weights experts are being asked for.
"""

import random
from datetime import datetime, timedelta

from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.elicitation import services as elicitations
from apps.elicitation.question_snapshot import Item
from apps.models import services, starters
from apps.models.models import ModelVersion, ResilienceModel, Subject
from apps.outreach.contacts import Contact

PEOPLE = (
    "Amara Osei", "Ben Whitlock", "Clara Jensen", "Dmitri Volkov", "Elena Petrova", "Farid Rahman", "Grace Kim",
    "Hugo Almeida", "Ines Moreau", "Jonas Lindqvist", "Keiko Tanaka", "Liam Byrne", "Maya Deshpande",
    "Noor Haddad", "Olga Nowak", "Pedro Santos", "Quinn Taylor", "Rosa Jimenez", "Samuel Okafor", "Tove Nilsen",
    "Umar Siddiqui", "Vera Hofmann", "Wim de Vries", "Yara Costa",
)  # fmt: skip
GROUPS = ("operations", "customers", "leadership")
#: How each group sees the organisation, as the mean answer on a scale from 1 to 5, and how it moved in a year.
VIEWS = {"operations": (2.9, 0.4), "customers": (3.2, 0.2), "leadership": (3.8, 0.1)}

#: How three experts compare the first with the second, the first with the third, and the second with the third.
COMPARED = ((2, 4, 2), (3, 5, 2), (3, -4, 3))


def fill(now: datetime) -> None:
    from resimate.demo import ensure_user

    if ResilienceModel.objects.exists():
        return
    ensure_user("analyst@demo.example", "Robin Analyst", "model_analyst")
    version = _publish("organisational_resilience", now - timedelta(days=400))
    _elicit(services.import_document(starters.load("ten_essentials"), acting_user=None, now=now), now)
    subject = services.create_subject(
        code="harbourside", name="Harbourside Water", kind="organisation", acting_user=None, now=now
    )
    chance = random.Random(2026)  # noqa: S311  invented answers, the same at every first run
    last_year = now - timedelta(days=365)
    earlier = _open(version, subject, "Resilience check 2025", "2025", last_year, timedelta(days=21))
    _answer(earlier, chance, share=0.92, later=False, when=last_year + timedelta(days=5))
    earlier.participations.update(invited_at=last_year, opened_at=last_year + timedelta(days=2))
    campaigns.close_campaign(earlier, acting_user=None, now=last_year + timedelta(days=21))
    _score(earlier, last_year + timedelta(days=21))

    running = _open(version, subject, "Resilience check 2026", "2026", now, timedelta(days=14))
    _answer(running, chance, share=0.75, later=True, when=now)
    running.participations.filter(response__started_at__isnull=False).update(opened_at=now)
    _score(running, now)


def _score(campaign: Campaign, now: datetime) -> None:
    assert campaign.assessment is not None  # noqa: S101  an open campaign has one
    services.score_assessments([campaign.assessment], now=now)


def _elicit(draft: ModelVersion, now: datetime) -> None:
    """Ask four experts to compare; three have, and in each node one of them contradicts themselves."""
    elicitation = elicitations.create_elicitation(
        name="How much each essential weighs",
        introduction="We want to defend these weights before the board, so they should be yours.",
        version=draft,
        method="ahp",
        nodes=["E1", "E8"],
        acting_user=None,
        now=now,
    )
    contacts = [Contact(person, f"{person.split()[0].lower()}@harbourside.example") for person in PEOPLE[:4]]
    experts = elicitations.add_experts(elicitation, contacts, acting_user=None, now=now)
    elicitations.open_elicitation(elicitation, acting_user=None, now=now)
    entries = [
        elicitations.Entry(
            expert, node.code, {"comparisons": list(map(_compared, node.pairs, COMPARED[number - shift]))}
        )
        for shift, node in enumerate(elicitation.asked)
        for number, expert in enumerate(experts[: len(COMPARED)])
    ]
    elicitations.enter_judgements(elicitation, entries, acting_user=None, now=now)


def _compared(pair: tuple[Item, Item], times: int) -> dict[str, str | int]:
    more, less = pair if times > 0 else pair[::-1]
    return {"more": more.code, "less": less.code, "strength": abs(times)}


def _publish(starter: str, when: datetime) -> ModelVersion:
    draft = services.import_document(starters.load(starter), acting_user=None, now=when)
    return services.publish_version(draft, acting_user=None, now=when)


def _open(
    version: ModelVersion, subject: Subject, name: str, period: str, when: datetime, length: timedelta
) -> Campaign:
    campaign = campaigns.create_campaign(
        name=name,
        version=version,
        subject=subject,
        period=period,
        closes_at=when + length,
        introduction="A few minutes of your time show us where we are strong and where a shock would hurt.",
        acting_user=None,
        now=when,
    )
    contacts = [
        Contact(person, f"{person.split()[0].lower()}@harbourside.example", GROUPS[number % 3])
        for number, person in enumerate(PEOPLE)
    ]
    campaigns.add_stakeholders(campaign, contacts, acting_user=None, now=when)
    return campaigns.open_campaign(campaign, acting_user=None, now=when)


def _answer(campaign: Campaign, chance: random.Random, *, share: float, later: bool, when: datetime) -> None:
    """Let a share of the people submit; the next one has begun and not finished."""
    model = services.parsed(campaign.version)
    questions = [placed.question.code for placed in model.questions]
    rows = campaign.participations.select_related("stakeholder__key", "response__assessment__version", "campaign")
    parts = list(rows.order_by("pk"))
    submitting = round(len(parts) * share)
    for number, part in enumerate(parts[: submitting + 1]):
        response = part.response
        assert response is not None  # noqa: S101  everybody has one in an open campaign
        mean, gain = VIEWS[response.group]
        for code in questions if number < submitting else questions[:7]:
            opinion = _opinion(chance, mean + gain * later, code)
            services.save_answer(response, code, opinion, answered_at=when, now=when)
        if number < submitting:
            campaigns.send_answers(part, now=when)


def _opinion(chance: random.Random, mean: float, code: str) -> int | str:
    if chance.random() < 0.04:
        return "dont_know"
    strength = (sum(map(ord, code)) % 7 - 3) / 4  # some themes are stronger than others, for everybody
    return min(5, max(1, round(chance.gauss(mean + strength, 0.7))))
