"""Sensitive values that the environment does not say, but where they are: in Vault or OpenBao.

``vault:secret/data/resimate#smtp_password`` is the field of a secret of the KV engine, version 2. Whoever wants the
value has it read there, signed in as for the keys of encryption (``apps/keys``), and then every half minute: what was
good holds meanwhile, and where it cannot be had any more. Where none was ever good, whoever wants it is refused.
"""

import logging
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from apps.configuration.levels import Unfit
from apps.configuration.registry import KEYS, Key, json_of
from apps.core.memory import SECONDS, forgets
from apps.keys import providers
from resimate_text.sentences import Sentence

logger = logging.getLogger(__name__)

SCHEME: Final = "vault:"
EXAMPLE: Final = "vault:secret/data/resimate#smtp_password"
_STEPS: Final = r"(?:(?!\.\.?/)[\w.-]+/)+"
_FORM: Final = re.compile(rf"{SCHEME}(?P<path>{_STEPS}data/{_STEPS})#(?P<field>[\w.-]+)", re.ASCII)
#: Seconds after which a value is read again; where there is none, after ``SECONDS``.
HOLDS: Final = 30.0
MISFIT: Final = "does not fit"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the value of a key is; nothing in it is secret."""

    key: str
    path: str
    field: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.path}#{self.field}"


def reference_of(key: Key, text: str) -> Reference | None:
    """What the text refers to; None where it is no reference, in spite of how it begins."""
    found = _FORM.fullmatch(text.replace("#", "/#", 1))
    return Reference(key.name, found["path"].removesuffix("/"), found["field"]) if found else None


@dataclass(frozen=True, slots=True)
class Known:
    """What was found there the last time, and when to look again. ``problem``: why what is good is not the latest."""

    reference: Reference
    again_at: float
    value: Any = field(default=None, repr=False)
    is_good: bool = False
    problem: str = ""


_known: dict[str, Known] = {}
_looking = threading.Lock()


@forgets
def forget() -> None:
    _known.clear()


def value_of(reference: Reference) -> Any:
    """The value there, as it was half a minute ago at the most. Raises ``Unfit`` where none was ever good."""
    known = _looked(reference)
    if not known.is_good:
        raise Unfit(Sentence("What the installation sets {key} to cannot be had now.", key=reference.key))
    return known.value


def problem_of(reference: Reference) -> str:
    """Why its latest value cannot be had, in words for operators; empty where it is known."""
    return _looked(reference).problem


def _looked(reference: Reference) -> Known:
    """One thread looks; the others take what is known, and wait where nothing is."""
    known = _known.get(reference.key)
    if known is not None and known.reference == reference and time.monotonic() < known.again_at:
        return known
    if known is not None and known.is_good and _looking.locked():
        return known
    with _looking:
        if _known.get(reference.key) is known:
            _known[reference.key] = _read(reference, known)
        return _known[reference.key]


def _read(reference: Reference, known: Known | None) -> Known:
    try:
        value = _fitting(KEYS[reference.key], providers.secret(reference.path, reference.field))
    except (providers.Unavailable, providers.Lost) as error:
        problem: str = Sentence("{reference} cannot be had: {why}", reference=reference, why=error)
    except ValueError:
        problem = Sentence("{reference} does not fit", reference=reference)
    else:
        return Known(reference, time.monotonic() + HOLDS, value, is_good=True)
    logger.warning("a secret cannot be had: %s", problem, extra={"action": f"read {reference.key}"})
    if known is None or not known.is_good:
        return Known(reference, time.monotonic() + SECONDS, problem=problem)
    return Known(reference, time.monotonic() + HOLDS, known.value, is_good=True, problem=problem)


def _fitting(key: Key, value: Any) -> Any:
    """The value as the key takes it: a text is one, or JSON where it takes none. Raises ValueError."""
    if isinstance(value, str) and key.schema.get("type") != "string":
        value = json_of(value)
    if key.problem_with(value):
        raise ValueError(MISFIT)
    return key.usual(value)
