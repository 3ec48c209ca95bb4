"""One thing that was looked at in a cluster."""

from dataclasses import dataclass
from typing import Literal

#: ``unknown``: the API server does not say, and nobody shall believe that it is well.
State = Literal["well", "short", "unknown"]


@dataclass(frozen=True, slots=True)
class Found:
    """``mend`` says what to do where it is not well."""

    what: str
    state: State
    found: str
    asked: str
    mend: str = ""


def judged(what: str, is_well: bool, found: str, asked: str, mend: str) -> Found:
    return Found(what, "well", found, asked) if is_well else Found(what, "short", found, asked, mend)
