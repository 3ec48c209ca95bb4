"""How odd a sign-in is: inputs that are named, each with its weight, and what their sum asks for.

The same facts give the same answer, and each is said in words: to the person, to administrators and in the trail.
What strangers can bring about (failures, accounts tried from an address) counts on unknown devices alone. Whoever
proves the mailbox of the account on a device makes it known, and is let in: nobody is locked out (ASVS 6.1.1).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.settings_keys import RISK_OF_FACTOR, RISK_OF_REFUSAL, RISK_OF_STRONGER
from apps.configuration import services as configuration

#: Failures of an account within the hour, and accounts that failed from one address in it, that count.
FAILURES, ACCOUNTS = 5, 5
#: So long ago a strong factor says nothing of who is there now.
LONG: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Facts:
    """``failures`` and ``accounts`` are those of the queue in which the attempt waited: see ``throttle``."""

    is_new_device: bool
    failures: int
    accounts: int
    factor_used_at: datetime | None
    is_administrator: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    weight: int
    words: str
    holds: Callable[[Facts], bool]


INPUTS: Final[tuple[Input, ...]] = (
    Input(
        "failures",
        30,
        gettext_noop("wrong passwords shortly before"),
        lambda facts: facts.failures >= FAILURES,
    ),
    Input(
        "new_device",
        25,
        gettext_noop("a device on which this account was not used before"),
        lambda facts: facts.is_new_device,
    ),
    Input(
        "crowded_address",
        25,
        gettext_noop("wrong passwords for many accounts from the same address"),
        lambda facts: facts.accounts >= ACCOUNTS,
    ),
    Input(
        "administrator",
        15,
        gettext_noop("an account of an administrator"),
        lambda facts: facts.is_administrator,
    ),
    Input(
        "no_recent_factor",
        10,
        gettext_noop("no second factor within 30 days"),
        lambda facts: facts.factor_used_at is None or facts.now - facts.factor_used_at > LONG,
    ),
)

#: These are said of the account, whoever signs in; alone they make no sign-in unusual.
OF_ACCOUNTS: Final = frozenset({"administrator", "no_recent_factor"})


class Outcome(IntEnum):
    """What is asked for besides the right password."""

    ALLOW = 0
    FACTOR = 1
    STRONGER = 2
    REFUSE = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    score: int
    inputs: tuple[str, ...]
    outcome: Outcome

    def as_details(self) -> dict[str, Any]:
        """As the trail and the session keep it."""
        return {"score": self.score, "inputs": [*self.inputs], "outcome": self.outcome.name.lower()}

    @classmethod
    def kept(cls, details: Mapping[str, Any]) -> "Assessment":
        return cls(details["score"], tuple(details["inputs"]), Outcome[details["outcome"].upper()])


def assess(facts: Facts) -> Assessment:
    found = [one for one in INPUTS if one.holds(facts)]
    score = sum(one.weight for one in found)
    return Assessment(score, tuple(one.name for one in found), _outcome(score))


def _outcome(score: int) -> Outcome:
    limits = ((Outcome.REFUSE, RISK_OF_REFUSAL), (Outcome.STRONGER, RISK_OF_STRONGER), (Outcome.FACTOR, RISK_OF_FACTOR))
    return next((one for one, key in limits if score >= int(configuration.get(key.name))), Outcome.ALLOW)


def words_of(names: Iterable[str]) -> list[str]:
    """What inputs are called, in the reader's language; those that no release knows any more are left out."""
    said = {one.name: one.words for one in INPUTS}
    return [_(said[name]) for name in names if name in said]


def is_unusual(names: Iterable[str]) -> bool:
    """Whether something about the sign-in itself was odd.

    >>> is_unusual(["administrator", "no_recent_factor"]), is_unusual(["new_device", "administrator"])
    (False, True)
    """
    return not OF_ACCOUNTS.issuperset(names)
