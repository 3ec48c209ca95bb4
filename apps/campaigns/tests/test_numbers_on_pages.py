"""Numeric answers: what is shown reads back as the same double, and what is typed is never guessed."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, Clock, make_version, part_of, path_of, taken_part
from apps.core.tests.pages import as_read
from apps.models.models import Subject
from apps.models.services import save_answer
from apps.models.tests.sheets import stored_answers, stored_values

pytestmark = pytest.mark.requirement("CAMP-001")
HTMX = {"HX-Request": "true"}
AMOUNT: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "turnover",
    "name": {"en": "Turnover"},
    "mode": "absolute",
    "scale": {"low": 0, "high": 100},
    "response_scales": {
        "amount": {"kind": "numeric", "low": -1234567.5, "high": 10000000, "allow_dont_know": True},
        "often": {
            "kind": "ordinal",
            "options": [{"value": 1, "name": {"en": "No"}}, {"value": 2, "name": {"en": "Yes"}}],
        },
        "several": {
            "kind": "multi",
            "options": [{"value": "a", "name": {"en": "A"}}, {"value": "b", "name": {"en": "B"}}],
        },
    },
    "root": {
        "code": "root",
        "aggregation": "arithmetic_mean",
        "children": [
            {
                "code": "B",
                "indicator": {
                    "questions": [
                        {"code": "B1", "text": {"en": "Annual turnover", "de": "Umsatz"}, "scale": "amount"},
                        {"code": "B2", "text": {"en": "Insured?", "de": "Versichert?"}, "scale": "often"},
                        {"code": "B3", "text": {"en": "Which?", "de": "Welche?"}, "scale": "several"},
                    ]
                },
            }
        ],
    },
}


@pytest.fixture
def campaign(harbour: Subject, ada: User, clock: Clock) -> Campaign:
    draft = services.create_campaign(
        name="Turnover",
        version=make_version(clock.moment, AMOUNT),
        subject=harbour,
        closes_at=clock.moment + timedelta(days=14),
        acting_user=ada,
        now=clock.moment,
    )
    services.add_stakeholders(draft, [BO], acting_user=ada, now=clock.moment)
    return services.open_campaign(draft, acting_user=ada, now=clock.moment)


@pytest.fixture
def page(campaign: Campaign) -> str:
    return f"{path_of(part_of(campaign, BO))}sections/B/"


def stored() -> Any:
    return stored_values()


def field_of(content: bytes) -> str:
    _before, name, after = as_read(content.decode()).partition('name="q-B1" inputmode="decimal"')
    assert name
    return unescape(after.partition('value="')[2].partition('"')[0])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("number", [1234567, 123456.78, 1234.567, 1.234, 0.1, 1e-7, 9999999.999999998, 0, -1234567.5])
def test_an_unchanged_page_changes_nothing(
    campaign: Campaign, page: str, visitor: Client, clock: Clock, number: float, language: str
) -> None:
    for code, value in {"B1": number, "B2": 2.0, "B3": ["b", "a"]}.items():
        save_answer(taken_part(part_of(campaign, BO)), code, value, answered_at=clock.moment, now=clock.moment)
    before = stored_answers()
    clock.forward(hours=1)

    shown = field_of(visitor.get(f"{page}?lang={language}").content)
    ticked = {"q-B2": "2", "q-B3.0": "1", "q-B3.1": "1"}
    visitor.post(f"{page}?lang={language}", {"q-B1": shown, **ticked})

    assert stored_answers() == before


def test_the_check_page_shows_every_digit(campaign: Campaign, page: str, visitor: Client) -> None:
    visitor.post(page, {"q-B1": "1234567.25"})

    checked = visitor.get(page.replace("sections/B/", "check/")).content.decode()
    assert "1234567.25" in checked


def test_limits_are_said_to_the_last_digit(page: str, visitor: Client) -> None:
    assert "A number from -1234567.5 to 10000000" in visitor.get(page).content.decode()

    refused = visitor.post(page, {"q-B1": "10000001"})
    assert "Enter a number from -1234567.5 to 10000000." in refused.content.decode()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1,000.50", 1000.5),
        ("1 000", 1000),
        ("1.000", 1),
        ("1,000,000", 1000000),
        ("12,5", 12.5),
        ("1.000,5", 1000.5),
        ("1'000", 1000),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_has_one_reading_is_taken(
    page: str, visitor: Client, typed: str, number: float, headers: dict[str, str]
) -> None:
    address = page.replace("sections/B/", "answers/B1/") if headers else page
    visitor.post(address, {"q-B1": typed}, headers=headers)

    assert stored() == {"B1": number}


@pytest.mark.parametrize("typed", ["1_000", "1e3", "nan", "inf", "\uff11", "1\u200b0", "0x10", "1,00,000"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_no_number_is_refused(page: str, visitor: Client, typed: str, headers: dict[str, str]) -> None:
    address = page.replace("sections/B/", "answers/B1/") if headers else page
    refused = visitor.post(address, {"q-B1": typed}, headers=headers)

    assert "Enter a number, for example 12.5." in refused.content.decode()
    assert stored() == {}


READINGS = {"en": "“{}” can mean {} or {}.", "de": "„{}“ lässt sich als {} oder als {} lesen:"}


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(("language", "typed", "other"), [("en", "1,000", "1"), ("de", "1.234", "1,234")])
def test_what_has_two_readings_is_asked_back(
    page: str, visitor: Client, typed: str, other: str, language: str, headers: dict[str, str]
) -> None:
    address = page.replace("sections/B/", "answers/B1/") if headers else page
    refused = visitor.post(f"{address}?lang={language}", {"q-B1": typed}, headers=headers).content.decode()

    thousands = typed.replace(",", "").replace(".", "")
    assert READINGS[language].format(typed, thousands, other) in refused
    assert stored() == {}


def test_in_german_a_comma_stands_before_the_fraction(page: str, visitor: Client) -> None:
    visitor.post(f"{page}?lang=de", {"q-B1": "1,234"})

    assert stored() == {"B1": 1.234}
    assert field_of(visitor.get(f"{page}?lang=de").content) == "1,234"
    assert field_of(visitor.get(f"{page}?lang=en").content) == "1.234"


def test_what_was_typed_stays_in_the_form_that_is_refused(page: str, visitor: Client) -> None:
    refused = visitor.post(page, {"q-B1": "1,000", "c-B1": "in euros", "x-B1.dont_know": "1"})

    assert refused.status_code == 422
    assert field_of(refused.content) == "1,000"
    assert "in euros</textarea>" in refused.content.decode()
    assert 'name="x-B1.dont_know" value="1" checked' in as_read(refused.content.decode())
