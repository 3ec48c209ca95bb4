"""Who reads or takes away personal data leaves an entry, wherever they do it; so does who is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.conftest import *  # noqa: F403  the story
from apps.campaigns.tests.story import make_user
from apps.elicitation import services as elicitations
from apps.elicitation.tests.story import DOCUMENT
from apps.models.services import import_document
from resimate.tests.api.addresses import views

pytestmark = pytest.mark.requirement("LOG-002")

ACME = {"host": "acme.localhost"}
NAMES = ("Zenobia Quill", "zenobia@example.org", "Xerxes Vane", "xerxes@example.org")


@pytest.fixture
def boss(acme: Any, clock: Any) -> User:
    return make_user("boss@acme.example", clock.moment, role="tenant_admin")


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(boss)
    return client


@pytest.fixture
def people(draft: Campaign, ada: User, clock: Any) -> dict[str, Any]:
    """A campaign with a person in it, and an elicitation with an expert."""
    now = clock.moment
    campaigns.add_stakeholders(draft, [Contact(NAMES[0], NAMES[1], "Crew")], acting_user=ada, now=now)
    version = import_document({**DOCUMENT, "code": "weighed"}, acting_user=ada, now=now)
    elicitation = elicitations.create_elicitation(
        name="Weights",
        version=version,
        method="budget_allocation",
        nodes=["plans"],
        acting_user=ada,
        now=now,
    )
    elicitations.add_experts(elicitation, [Contact(NAMES[2], NAMES[3])], acting_user=ada, now=now)
    part = draft.participations.filter(stakeholder__in=campaigns.find_by_email(NAMES[1])).get()
    return {
        "campaign": draft,
        "participation": part,
        "elicitation": elicitation,
        "expert": elicitation.experts.get(),
        "stakeholder": part.stakeholder,
    }


def _new(before: int) -> list[AuditEntry]:
    return list(AuditEntry.objects.order_by("pk")[before:])


def _content(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")


def _pages(people: dict[str, Any]) -> list[str]:
    ids = [one.pk for one in people.values()]
    found = []
    for namespace in ("accounts", "campaigns", "elicitation", "models", "admin"):
        for name in {one for one in get_resolver().namespace_dict[namespace][1].reverse_dict if isinstance(one, str)}:
            found += [url for args in _arguments(ids, people) if (url := _reversed(f"{namespace}:{name}", args))]
    return sorted(set(found))


def _arguments(ids: list[Any], people: dict[str, Any]) -> list[list[Any]]:
    pairs = [[people["campaign"].pk, people["participation"].pk], [people["elicitation"].pk, people["expert"].pk]]
    return [[], *([one] for one in ids), *pairs]


def _reversed(name: str, args: list[Any]) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@pytest.mark.thorough
def test_every_page_that_names_somebody_is_on_record(browser: Client, people: dict[str, Any]) -> None:
    silent, naming = [], 0
    for url in _pages(people):
        before = AuditEntry.objects.count()
        answer = browser.get(url)
        if answer.status_code == 200 and any(name in _content(answer) for name in NAMES):
            naming += 1
            if not any(entry.action.endswith((".read", ".exported")) for entry in _new(before)):
                silent.append(url)

    assert silent == []
    assert naming >= 6


def test_a_link_that_is_shown_names_somebody_too(browser: Client, people: dict[str, Any]) -> None:
    shown = [
        browser.post(reverse("campaigns:link", args=[people["campaign"].pk, people["participation"].pk])),
        browser.post(reverse("elicitation:link", args=[people["elicitation"].pk, people["expert"].pk])),
    ]

    assert all(name in _content(answer) for name, answer in zip(NAMES[::2], shown, strict=True))
    recorded = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"participation.read", "participation.link_shown", "expert.read", "expert.link_shown"} <= recorded


def _addresses(people: dict[str, Any]) -> list[str]:
    found = []
    for path, _ in views("GET"):
        parts = path.split("/")
        if "00000000-0000-7000-8000-000000000000" not in parts:
            found.append(path)
        found += ["/".join(str(one.pk) if "00000000-" in part else part for part in parts) for one in people.values()]
        found.append(_nested(parts, people))
    return sorted(set(found))


def _nested(parts: list[str], people: dict[str, Any]) -> str:
    outer, inner = ("elicitation", "expert") if parts[0].startswith("weight") else ("campaign", "participation")
    ids = iter((people[outer].pk, people[inner].pk, people[inner].pk))
    return "/".join(str(next(ids)) if "00000000-" in part else part for part in parts)


@pytest.mark.thorough
def test_every_answer_of_the_api_that_names_somebody_is_on_record(browser: Client, people: dict[str, Any]) -> None:
    silent, naming = [], set()
    for path in _addresses(people):
        before = AuditEntry.objects.count()
        answer = browser.get(f"/api/v1/{path}")
        if answer.status_code == 200 and any(name in _content(answer) for name in (*NAMES, "boss@acme.example")):
            naming.add(path.split("/")[0])
            if not any(entry.action.endswith((".read", ".exported")) for entry in _new(before)):
                silent.append(path)

    assert silent == []
    assert {"users", "stakeholders", "campaigns", "weight-elicitations", "messages"} - naming <= {"messages"}


def test_a_list_is_one_entry_with_its_filters_and_no_name(browser: Client, people: dict[str, Any]) -> None:
    browser.get(f"/api/v1/stakeholders/?email={NAMES[1]}")

    entry = AuditEntry.objects.get(action="stakeholder.read")
    assert (entry.details, entry.object_id, entry.category) == ({"filters": ["email"], "count": 1}, "", "data")


def test_an_export_and_one_object_say_so(browser: Client, people: dict[str, Any], boss: User) -> None:
    browser.get("/api/v1/stakeholders/export/?format=csv")
    browser.get(f"/api/v1/users/{boss.pk}/")

    assert AuditEntry.objects.filter(action="stakeholder.exported").count() == 1
    read = AuditEntry.objects.get(action="user.read")
    assert (read.object_id, read.actor, read.category) == (str(boss.pk), str(boss.pk), "data")


def test_what_has_not_changed_was_not_read_again(browser: Client, people: dict[str, Any], boss: User) -> None:
    etag = browser.get(f"/api/v1/users/{boss.pk}/")["ETag"]

    assert browser.get(f"/api/v1/users/{boss.pk}/", headers={"if-none-match": etag}).status_code == 304
    assert AuditEntry.objects.filter(action="user.read").count() == 1


def test_a_page_that_renews_itself_is_one_reading(browser: Client, people: dict[str, Any]) -> None:
    for _ in range(3):
        browser.get(f"/campaigns/{people['campaign'].pk}/", headers={"hx-request": "true"})

    assert AuditEntry.objects.filter(action="participation.read").count() == 1


def test_an_entry_of_the_trail_is_read_on_record(browser: Client, people: dict[str, Any]) -> None:
    browser.get("/api/v1/audit-entries/")
    browser.get("/admin/audit/auditentry/")

    found = AuditEntry.objects.filter(action="audit_entry.read").order_by("pk")
    assert [entry.details.get("page") for entry in found] == [None, "admin"]


def test_lists_of_people_keep_their_number_of_queries(
    browser: Client, people: dict[str, Any], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for path in ("users/", "stakeholders/", "audit-entries/", "messages/"):
        browser.get(f"/api/v1/{path}")
        with django_assert_max_num_queries(7):
            browser.get(f"/api/v1/{path}")


def test_no_entry_names_anybody(browser: Client, people: dict[str, Any], boss: User) -> None:
    boss_path, person = f"/api/v1/users/{boss.pk}/", f"/api/v1/stakeholders/{people['stakeholder'].pk}/"
    sent: list[tuple[str, str, dict[str, Any]]] = [
        ("post", "/api/v1/users/", {"email": "zenobia@example.org", "name": NAMES[0]}),
        ("patch", boss_path, {"name": NAMES[0]}),
        ("patch", person, {"name": NAMES[2], "email": NAMES[3]}),
        ("put", "/api/v1/settings/campaign.sender/", {"value": NAMES[0]}),
        ("put", "/api/v1/settings/campaign.reply_to/", {"value": NAMES[1]}),
        ("patch", f"/api/v1/campaigns/{people['campaign'].pk}/", {"introduction": f"Ask {NAMES[0]}"}),
        ("post", f"/api/v1/campaigns/{people['campaign'].pk}/open/", {}),
        ("post", f"/api/v1/campaigns/{people['campaign'].pk}/participations/", {"name": "Q", "email": "q@example.org"}),
    ]
    for method, path, body in sent:
        assert getattr(browser, method)(path, body, "application/json").status_code in (200, 201), path
    for query in (f"stakeholders/?email={NAMES[1]}", f"users/?email={NAMES[1]}", f"audit-entries/?q={NAMES[1]}"):
        browser.get(f"/api/v1/{query}")
    Client(headers=ACME).post("/sign-in/", {"email": NAMES[1], "password": "wrong"})
    Client(headers=ACME).post("/password/forgotten/", {"email": NAMES[1]})

    kept = "\n".join(
        f"{one.action} {one.actor} {one.object_id} {one.details}" for one in AuditEntry.objects.order_by("pk")
    )
    assert [line for line in kept.splitlines() if any(name in line for name in NAMES)] == []
    assert "setting.changed" in kept


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/campaigns/", "/models/", "/api/v1/users/"])
def test_every_denial_is_on_record_once_a_minute(acme: Any, path: str) -> None:
    client = Client(headers=ACME)
    client.force_login(User.objects.create(email="nobody@acme.example", created_at=timezone.now()))

    assert [client.get(path).status_code for _ in range(3)] == [403, 403, 403]

    entry = AuditEntry.objects.get(action="permission.denied")
    assert (entry.outcome, entry.category) == ("denied", "authorization")
    assert "nobody" not in str(entry.details)
