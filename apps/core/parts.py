"""What the service is made of. Each app says once, in ``readiness.py``, how its parts are asked::

    declare("kettle", is_hot, mend="fill it and switch it on", away=gettext_lazy("There is no tea."))

``manage.py doctor`` asks all of them, and says how to mend what is not well. The probes ask the vital ones, without
which nothing goes, and those without which the service answers less well. Of these, pages tell staff what they miss
while a part is away, where it has words for it. Whoever asks, the metric ``resimate_part_up`` says what was found.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import Error, OperationalError, connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise
from django_tenants.utils import get_public_schema_name, schema_context
from redis.exceptions import RedisError

from apps.core import way
from apps.core.metrics import PART_UP

logger = logging.getLogger(__name__)
Words = str | StrPromise
#: The part that others cannot be asked without.
DATABASE: Final = "database"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a part says of itself, in a few words for operators; and when it was last seen, if that is known."""

    detail: str
    is_well: bool = True
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """``away`` is what staff reads while it is away, ``away_since`` the same with ``%(since)s``; both are lazy."""

    name: str
    ask: Callable[[], Answer]
    mend: str
    is_vital: bool
    is_probed: bool
    away: Words | None
    away_since: Words | None

    @property
    def is_told(self) -> bool:
        """Whether pages say that it is away."""
        return self.away is not None and not self.is_vital


@dataclass(frozen=True, slots=True)
class State:
    """Whether a part is there, whether nothing goes without it, and when it was last seen, if that is known."""

    up: bool
    vital: bool = False
    milliseconds: float = 0.0
    seen_at: datetime | None = None
    detail: str = ""
    #: Nothing is known of it, as the database is away.
    waits: bool = False

    def as_dict(self) -> dict[str, Any]:
        """What a probe is told; what is wrong in detail may name servers, and is the doctor's."""
        return {"up": self.up, "vital": self.vital, "milliseconds": self.milliseconds, "seen_at": self.seen_at}


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is away; it writes itself out in the reader's language."""

    part: Part
    since: datetime | None = None

    @property
    def name(self) -> str:
        return self.part.name

    def __str__(self) -> str:
        if self.since and self.part.away_since is not None:
            return str(self.part.away_since % {"since": self.last_seen})
        return str(self.part.away or "")

    @property
    def last_seen(self) -> str:
        """When it was last seen; empty when it never was."""
        return date_format(self.since, _("j F Y, H:i")) + " UTC" if self.since else ""


PARTS: Final[dict[str, Part]] = {}


def declare(
    name: str,
    ask: Callable[[], Answer],
    *,
    mend: str,
    vital: bool = False,
    probed: bool = False,
    away: Words | None = None,
    away_since: Words | None = None,
) -> Part:
    """Let everybody who looks after the service ask this.

    ``ask`` works in the public schema and writes nothing. It may raise what a server that is away makes it raise. What
    is vital, or has words for pages, is ``probed``: asked every second or so by whoever watches the service.
    """
    if name in PARTS:
        raise ValueError(f"two apps declare the part {name}")
    PARTS[name] = Part(name, ask, mend, vital, probed or vital or away is not None, away, away_since)
    return PARTS[name]


def probed() -> list[Part]:
    return [part for part in PARTS.values() if part.is_probed]


def told() -> list[Part]:
    return [part for part in PARTS.values() if part.is_told]


def look(parts: Iterable[Part]) -> dict[str, State]:
    """Ask these parts, now."""
    with schema_context(get_public_schema_name()):
        states = {part.name: _asked(part) for part in parts}
    for name, state in states.items():
        PART_UP.labels(name).set(state.up)
    return states


def watch() -> None:
    """Ask what is probed, for the metric: an alert shall not wait for somebody who probes."""
    look(probed())


def _asked(part: Part) -> State:
    """A part that cannot even be asked is not well, and spoils neither the others nor the reader's transaction."""
    started, waits = time.perf_counter(), False
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            answer = part.ask()
    except OperationalError as error:
        answer = Answer(way.explained(error), is_well=False)
        waits = part.name != DATABASE
    except Error as error:
        answer = Answer(way.explained(error), is_well=False)
    except (RedisError, OSError) as error:
        answer = Answer(str(error).strip().split("\n")[0], is_well=False)
    except Exception as error:  # a mistake in an app's own question is one more thing that is not well
        logger.exception("a part could not be asked", extra={"action": f"ask {part.name}"})
        answer = Answer(f"cannot be asked: {type(error).__name__}", is_well=False)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return State(answer.is_well, part.is_vital, milliseconds, answer.seen_at, answer.detail, waits)
