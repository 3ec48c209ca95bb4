"""What the tests of this app tell."""

import copy
from typing import Any

from apps.elicitation import services
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.services import Entry
from apps.outreach.contacts import Contact

BO = Contact("Bo Berg", "bo@example.org")
CY = Contact("Cy Cole", "cy@example.org", language="de")


def leaf(code: str, name: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": {"en": name, "de": f"DE {name}"},
        "indicator": {
            "input": code.lower(),
            "normalisation": {"method": "goalposts", "low": 0, "high": 100, "clip": True},
        },
    }


DOCUMENT: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "harbour",
    "name": {"en": "Harbour check", "de": "Hafenprüfung"},
    "scale": {"low": 0, "high": 100},
    "root": {
        "code": "all",
        "name": {"en": "Resilience", "de": "Resilienz"},
        "aggregation": "arithmetic_mean",
        "children": [
            leaf("people", "People"),
            {
                "code": "plans",
                "name": {"en": "Plans", "de": "Pläne"},
                "aggregation": "arithmetic_mean",
                "children": [leaf("drills", "Drills"), leaf("stocks", "Stocks")],
            },
            leaf("means", "Means"),
        ],
    },
}
POINTS = {"all": {"people": 50, "plans": 30, "means": 20}, "plans": {"drills": 75, "stocks": 25}}
OTHER_POINTS = {"all": {"people": 20, "plans": 40, "means": 40}, "plans": {"drills": 25, "stocks": 75}}


def changed(document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    """The document with other parts below two nodes."""
    other = copy.deepcopy(document)
    other["root"]["children"][1]["children"].append(leaf("cover", "Cover"))
    del other["root"]["children"][2]
    return other


def compared(more: str, less: str, strength: int) -> dict[str, Any]:
    return {"more": more, "less": less, "strength": strength}


#: Consistent: people count twice as much as plans, which count twice as much as means.
STEADY = {
    "all": [compared("people", "plans", 2), compared("people", "means", 4), compared("plans", "means", 2)],
    "plans": [compared("drills", "stocks", 3)],
}
#: The last comparison contradicts the first two.
TORN = {
    "all": [compared("people", "plans", 2), compared("plans", "means", 2), compared("means", "people", 7)],
    "plans": [compared("stocks", "drills", 1)],
}


def expert(elicitation: WeightElicitation, contact: Contact) -> Expert:
    return next(one for one in elicitation.experts.all() if one.email == contact.email)


def values(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Points or comparisons by node, as judgements keep them."""
    return {node: {"comparisons": one} if isinstance(one, list) else {"points": one} for node, one in given.items()}


def judge(elicitation: WeightElicitation, contact: Contact, given: dict[str, Any], now: Any) -> Expert:
    """Let an expert's judgements of these nodes count."""
    person = expert(elicitation, contact)
    entries = [Entry(person, node, value) for node, value in values(given).items()]
    services.enter_judgements(elicitation, entries, acting_user=None, now=now)
    person.refresh_from_db()
    return person
