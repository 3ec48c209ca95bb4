"""What the code is doing this for: carried along a request, an event's delivery or a task, into logs and audit.

One immutable value in one ``ContextVar``: it follows threads' own work and needs no clean-up but :func:`use`.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final

#: The key of the environ under which the server's front says, by ``is_set()``, whether a request's client has gone.
ABANDONED: Final = "resimate.abandoned"


@dataclass(frozen=True, slots=True)
class Work:
    """``trace_id`` and ``span_id`` are lower-case hex of 16 and 8 bytes (W3C Trace Context).

    ``noted``: ids that each entry of the trail says besides, such as as whom somebody looks at the product.
    ``waited_for``: somebody waits for the answer, and a thread that answers people is taken up meanwhile.
    ``is_abandoned()``: they did, and have gone.
    """

    trace_id: str = ""
    span_id: str = ""
    action: str = ""
    user_id: str = ""
    actor_type: str = "system"
    ip: str = ""
    user_agent: str = ""
    noted: Mapping[str, str] = field(default_factory=dict)
    waited_for: bool = False
    is_abandoned: Callable[[], bool] = bool

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01" if self.trace_id else ""


_current: ContextVar[Work] = ContextVar("resimate_work", default=Work())  # noqa: B039  frozen


def current() -> Work:
    return _current.get()


@contextmanager
def use(work: Work) -> Iterator[Work]:
    token = _current.set(work)
    try:
        yield work
    finally:
        _current.reset(token)


def amend(**changes: Any) -> None:
    """Say more about the current work, for example who signed in once that is known."""
    _current.set(replace(_current.get(), **changes))


def note(**ids: str) -> None:
    """Say by which ids each entry of the trail knows the current work besides."""
    amend(noted={**_current.get().noted, **ids})


def continued(traceparent: str, **details: Any) -> Work:
    """Work that continues the trace named by a W3C ``traceparent``, or starts one when there is none (or a bad one)."""
    parts = traceparent.split("-")
    known = (
        len(parts) == 4 and len(parts[1]) == 32 and set(parts[1]) <= set("0123456789abcdef") and parts[1] != "0" * 32
    )
    return Work(trace_id=parts[1] if known else secrets.token_hex(16), span_id=secrets.token_hex(8), **details)
