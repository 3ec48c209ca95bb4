"""What a page shows and offers is a matter of rights, too: with one less, the page is there without it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, make_version, others_send
from apps.core import jobs
from apps.elicitation import services as elicitations
from apps.elicitation.tests import story as weights
from apps.models import services as models
from apps.models.models import Assessment, Import
from apps.models.tests.references.models import ASKED
from resimate.tests.permitted import browser_of, somebody

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
READ = ["models:tenant:read"]
DRAFTS = [*READ, "models:tenant:update"]
WEIGHTS = [*READ, "weight-elicitations:tenant:read"]
FREEZE = [*READ, "assessments:tenant:create"]
ALL, OWN = "assessments:tenant:read", "assessments:own:read"

#: The page, what stands on it, with which rights, and with which it does not.
TABLE: list[tuple[str, str, list[str], list[str]]] = [
    ("draft", "publish", [*READ, "models:tenant:publish"], READ),
    ("draft", "import again", [*DRAFTS, "models:tenant:create"], DRAFTS),
    ("draft", "import again", [*DRAFTS, "models:tenant:create"], [*READ, "models:tenant:create"]),
    ("draft", "weights", WEIGHTS, READ),
    ("draft", "elicitation", WEIGHTS, [*READ, "weight-elicitations:own:read"]),
    ("draft", "ask experts", [*WEIGHTS, *DRAFTS, "weight-elicitations:tenant:create"], [*WEIGHTS, *DRAFTS]),
    ("published", "retire", [*READ, "models:tenant:retire"], READ),
    ("published", "sets", [*READ, ALL], READ),
    ("published", "set", [*READ, ALL], [*READ, OWN]),
    ("published", "freeze", [*FREEZE, ALL], [*READ, ALL]),
    ("freeze", "period", [*FREEZE, ALL], [*FREEZE, OWN]),
    ("exchange", "import", ["models:tenant:create"], ["models:own:create"]),
    ("subjects", "why", ["subjects:tenant:read", ALL], ["subjects:tenant:read", OWN]),
    ("home", "scored", [*READ, ALL], READ),
    ("new campaign", "set", [*READ, "campaigns:tenant:create", ALL], [*READ, "campaigns:tenant:create", OWN]),
    ("results", "why results", ["campaigns:tenant:read", ALL], ["campaigns:tenant:read", OWN]),
]


@pytest.fixture
def world(acme: Any, now: datetime) -> dict[str, str]:
    """The paths of pages, and what stands on them."""
    draft = models.import_document({**weights.DOCUMENT, "code": "weighed"}, acting_user=None, now=now)
    published = models.import_document(ASKED, acting_user=None, now=now)
    published = models.publish_version(published, acting_user=None, now=now)
    run = _scored(published, now)
    frozen, _ = models.freeze_period(published, "Last year's ports", "2026", acting_user=None, now=now)
    elicitation = elicitations.create_elicitation(
        name="Weights of winter", version=draft, method="budget_allocation", nodes=["plans"], acting_user=None, now=now
    )
    Import.objects.create(kind="values", files=["theirs.csv"], created_at=now, made={})
    campaign = _released(now)
    of_draft, of_published = [draft.model_id, 1], [published.model_id, 1]
    return {
        "draft": reverse("models:version", args=of_draft),
        "publish": reverse("models:publish", args=of_draft),
        "import again": f'"{reverse("models:exchange")}">import it again',
        "weights": "Weights from experts",
        "elicitation": elicitation.name,
        "ask experts": reverse("elicitation:create", args=of_draft),
        "published": reverse("models:version", args=of_published),
        "retire": reverse("models:retire", args=of_published),
        "sets": ">Reference sets</h2>",
        "set": frozen.name.replace("'", "&#x27;"),
        "freeze": reverse("models:freeze", args=of_published),
        "period": "2026 (2 subjects)",
        "exchange": reverse("models:exchange"),
        "import": "theirs.csv",
        "subjects": reverse("models:subjects"),
        "why": reverse("models:why", args=[run.assessment_id]),
        "home": reverse("campaigns:home"),
        "scored": "Port of north",
        "new campaign": reverse("campaigns:create"),
        "results": reverse("campaigns:results", args=[campaign.pk]),
        "why results": reverse("models:why", args=[campaign.assessment_id]),
    }


def _scored(version: Any, now: datetime) -> Any:
    """The score of one of two subjects that are compared with each other."""
    made = []
    for code, value in (("north", 2), ("south", 4)):
        subject = models.create_subject(code=code, name=f"Port of {code}", acting_user=None, now=now)
        one = models.create_assessment(version=version, subject=subject, period="2026", acting_user=None, now=now)
        answers = {"N1": value, "N2": value}
        models.submit(models.create_response(one, rater="r", answers=answers, acting_user=None, now=now), now=now)
        made.append(one)
    return models.score_assessments(made, now=now)[0]


def _released(now: datetime) -> Campaign:
    """A campaign that is closed, with its results."""
    campaign = campaigns.create_campaign(
        name="Check",
        version=make_version(now),
        subject=models.create_subject(code="pier", name="Pier", acting_user=None, now=now),
        closes_at=now + timedelta(days=9),
        acting_user=None,
        now=now,
    )
    campaigns.add_stakeholders(campaign, [BO], acting_user=None, now=now)
    campaign = campaigns.open_campaign(campaign, acting_user=None, now=now)
    others_send(campaign, 5, {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}, now)
    campaign = campaigns.close_campaign(campaign, acting_user=None, now=now)
    models.score_assessment(Assessment.objects.get(campaign=campaign), now=now)
    return campaign


@pytest.mark.thorough
def test_each_page_shows_what_its_reader_may_see_and_offers_what_they_may_do(
    world: dict[str, str], now: datetime
) -> None:
    found = {}
    for page, what, enough, too_little in TABLE:
        answers = [browser_of(somebody(one, now)).get(world[page]) for one in (enough, too_little)]
        found[page, what, *sorted({*enough} - {*too_little})] = [
            (one.status_code, world[what] in _text(one)) for one in answers
        ]

    assert found == {one: [(200, True), (200, False)] for one in found}


def _text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_a_trace_is_offered_to_who_may_read_all_that_was_compared(world: dict[str, str], now: datetime) -> None:
    everybody, owner = (somebody([one], now) for one in (ALL, OWN))
    Assessment.objects.filter(subject__code="north").update(created_by=owner)

    pages = [browser_of(user).get(world["why"]) for user in (everybody, owner)]

    assert [(one.status_code, "Download the trace" in _text(one)) for one in pages] == [(200, True), (200, False)]


def test_an_import_in_the_background_is_shown_to_who_asked_for_it(acme: Any, now: datetime) -> None:
    asking, other = (somebody(["models:tenant:create"], now) for _ in range(2))
    jobs.enqueue("models.import", {}, requested_by=asking.pk, reach="session:0", now=timezone.now())

    pages = [browser_of(user).get(reverse("models:exchange")) for user in (asking, other)]

    assert ["continues in the background" in _text(one) for one in pages] == [True, False]


def test_what_is_seen_and_another_may_change_is_refused_not_missing(world: dict[str, str], now: datetime) -> None:
    elicitation = elicitations.create_elicitation(
        name="Summer",
        version=models.import_document({**weights.DOCUMENT, "code": "other"}, acting_user=None, now=now),
        method="budget_allocation",
        nodes=["plans"],
        acting_user=None,
        now=now,
    )
    user: User = somebody(["weight-elicitations:tenant:read", "weight-elicitations:own:update"], now)

    page = browser_of(user).get(reverse("elicitation:enter", args=[elicitation.pk]))

    assert page.status_code == 403
