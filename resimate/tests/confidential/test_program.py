"""The program that joins people and answers finds everybody where there is a way: so the tests of it can fail."""

import json
from typing import Any

import pytest

from resimate.tests.confidential.attack import Known, Reading, right
from resimate.tests.confidential.story import PEOPLE, QUESTIONS

pytestmark = pytest.mark.requirement("COMP-001")
NAMES = {person.email: person.name for person in PEOPLE}
TRUTH = {
    person.name: {code: (place * 7 + number * (place + 1)) % 5 + 1 for number, code in enumerate(QUESTIONS.values())}
    for place, person in enumerate(PEOPLE)
}
MOMENTS = [f"2026-11-02T09:{17 + 3 * place}:{place}1.1234{place}6Z" for place in range(10)]
SHUFFLED = [3, 8, 1, 9, 0, 6, 2, 7, 5, 4]


def _people(**columns: Any) -> str:
    rows = [{"email": one.email, **{name: values[place] for name, values in columns.items()}} for place, one in PLACES]
    return json.dumps({"results": rows})


def _answers(order: list[int], **columns: Any) -> str:
    given = list(TRUTH.values())
    rows = [
        {"rater": f"{place:016x}", "answers": given[place], **{name: of[place] for name, of in columns.items()}}
        for place in order
    ]
    return json.dumps({"results": rows})


def _by_differences() -> list[Reading]:
    found = []
    for place, _one in PLACES:
        given = list(TRUTH.values())[: place + 1]
        values = {
            node: sum((answers[code] - 1) * 25 for answers in given) / len(given) for node, code in QUESTIONS.items()
        }
        people = [{"email": other.email, "answered": number <= place} for number, other in PLACES]
        nodes = {node: {"value": value} for node, value in values.items()}
        found.append(Reading(place, "c", json.dumps({"results": people})))
        found.append(Reading(place, "c", json.dumps({"rater_count": len(given), "nodes": nodes})))
    return found


PLACES = list(enumerate(PEOPLE))
IDS = [f"0193a1b2-0000-7000-8000-{place:012x}" for place in range(10)]
TRAIL = [{"object_id": IDS[place], "trace_id": f"{place:032x}", "actor": ""} for place in range(10)] + [
    {"object_id": "", "trace_id": f"{place:032x}", "actor": f"{place:016x}"} for place in range(10)
]
WAYS = {
    "the same moment": [_people(submitted_at=MOMENTS), _answers(SHUFFLED, submitted_at=MOMENTS)],
    "the same second": [
        _people(submitted_at=MOMENTS),
        _answers(SHUFFLED, submitted_at=[one[:19] + "Z" for one in MOMENTS]),
    ],
    "the same order": [_people(), _answers([*range(10)])],
    "the trail": [_people(id=IDS), _answers(SHUFFLED), json.dumps(TRAIL)],
    "rows of a page": [
        _answers(SHUFFLED),
        "<table>" + "".join(f"<tr><td>{one.email}<td>{place:016x}" for place, one in PLACES),
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_the_program_finds_everybody_where_there_is_a_way(way: str) -> None:
    known = Known(NAMES, lambda token: None, [Reading(1, "c", body) for body in WAYS[way]])

    assert right(known.assign("c", QUESTIONS), TRUTH) == 10


def test_the_program_finds_everybody_by_differences_and_by_open_links() -> None:
    assert right(Known(NAMES, lambda token: None, _by_differences()).assign("c", QUESTIONS), TRUTH) == 10
    links = {f"{place}{'x' * 42}": name for place, name in enumerate(TRUTH)}
    open_links = Known(NAMES, lambda token: (links[token], TRUTH[links[token]]))
    open_links.readings = [Reading(1, "c", " ".join(f"/a/{token}/" for token in links))]
    assert right(open_links.assign("c", QUESTIONS), TRUTH) == 10
