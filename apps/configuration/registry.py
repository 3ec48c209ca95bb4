"""The keys there are. Each is declared once, with its type, default and meaning, in the app that reads it.

An app declares its keys in ``settings_keys.py``, which is found when the apps are ready.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import jsonschema

from apps.configuration import misfits
from apps.configuration.misfits import Misfit
from apps.core import json_values
from apps.core.errors import Refused
from resimate_text.sentences import Sentence


class Level(StrEnum):
    """Where a value is said, from the weakest to the strongest."""

    DEFAULT = "default"  # in the code
    ENVIRONMENT = "environment"  # of the processes: variables, mounted files
    GLOBAL = "global"  # by the platform, for all tenants
    TENANT = "tenant"
    USER = "user"
    RUNTIME = "runtime"  # for a time only, by the platform or by the tenant


#: Their names, for those who choose.
LEVELS: Final = [str(one) for one in Level]


class Merge(StrEnum):
    """What a level makes of the value that it gets from the one before."""

    REPLACE = "replace"
    DEEP = "deep"  # the one before, patched (RFC 7396)
    LOWEST = "lowest"  # what is lower is safer: nobody below may raise it
    HIGHEST = (
        "highest"  # so it is the other way round; of words, those further back in the schema's ``enum`` are higher
    )


def json_of(text: str) -> Any:
    """What a text in JSON says, read as strictly as by the API: what is kept goes out again in JSON.

    Raises ValueError for what is none: numbers that are not finite, text that is none, nesting without end.
    """
    try:
        return json_values.decode(text.encode())
    except Refused as refused:
        raise ValueError(refused.detail) from refused


#: Where most keys can be set.
ANYWHERE: Final = (Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT, Level.RUNTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """``schema`` is JSON Schema (2020-12) for the value; ``check`` says what else is wrong with one.

    ``label`` names it in a word or two, ``about`` explains it in a sentence. ``levels`` are those at which it can be
    set. A ``sensitive`` value is said by the environment alone, which may refer to a vault, and shown to nobody. What
    ``needs_two`` changes once a second administrator agrees. ``restart``: processes that run go on with the old value.
    ``owner`` is the app. ``words`` name the values among which one chooses; ``options`` are those that are offered
    where there are too many for the schema. ``wanted`` says in a sentence what a text looks like that has a pattern.
    """

    name: str
    default: Any
    schema: dict[str, Any]
    about: str
    check: Callable[[Any], str | None] | None = None
    label: str = ""
    levels: Collection[Level] = ANYWHERE
    merge: Merge = Merge.REPLACE
    sensitive: bool = False
    restart: bool = False
    needs_two: bool = False
    owner: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    options: Callable[[], Collection[str]] | None = None
    wanted: str = ""

    @property
    def may_be_kept(self) -> bool:
        """Whether the audit trail, which forgets nothing, may hold the value: a text may be a name or an address."""
        return "enum" in self.schema or self.schema.get("type") in ("integer", "number", "boolean")

    def read(self, text: str) -> Any:
        """The value that a person typed, in JSON; a setting that takes text takes it bare too.

        Raises ValueError where it is no JSON.
        """
        bare = self.schema.get("type") == "string" and not text.startswith('"')
        return text if bare else self.usual(json_of(text))

    def usual(self, value: Any) -> Any:
        """The value in its usual form: JSON Schema calls 5.0 a whole number, and whoever reads it counts by 5."""
        is_whole = self.schema.get("type") == "integer" and isinstance(value, float) and value.is_integer()
        return int(value) if is_whole else value

    def problem_with(self, value: Any) -> str | None:
        """What is wrong with a value, in a sentence."""
        misfit = self.misfit(value)
        return misfit.detail if misfit else None

    def misfit(self, value: Any) -> Misfit | None:
        """What is wrong with a value, and where in it."""
        error = next(jsonschema.Draft202012Validator(self.schema).iter_errors(value), None)
        if error is not None:
            return misfits.of(error, self.wanted)
        problem = self.check(value) if self.check else None
        return Misfit(problem) if problem else None

    def joined(self, before: Any, value: Any) -> Any:
        """What is in force where ``value`` is said on top of ``before``, which binds."""
        if self.merge is Merge.DEEP:
            return _patched(before, value)
        safer = {Merge.LOWEST: min, Merge.HIGHEST: max}.get(self.merge)
        return safer(before, value, key=self._height) if safer else value

    def loosens(self, before: Any, value: Any) -> str | None:
        """What is wrong with a value that is less safe than what binds whoever says it."""
        if self.merge is Merge.LOWEST and self._height(value) > self._height(before):
            return Sentence("At most {bound}, which holds for everybody below.", bound=before)
        if self.merge is Merge.HIGHEST and self._height(value) < self._height(before):
            return Sentence("At least {bound}, which holds for everybody below.", bound=before)
        return None

    def _height(self, value: Any) -> Any:
        return self.schema["enum"].index(value) if "enum" in self.schema else value


KEYS: dict[str, Key] = {}
#: What settings are about, by how their names begin.
AREAS: Final[dict[str, str]] = {}


def name_area(about: str, *beginnings: str) -> None:
    """Say under which heading settings stand whose names begin so: ``name_area(_("Toys"), "toys", "paint.colour")``."""
    if twice := AREAS.keys() & set(beginnings):
        raise ValueError(f"two apps name the area of {', '.join(sorted(twice))}")
    AREAS.update(dict.fromkeys(beginnings, about))


def area_of(name: str) -> str:
    """The heading of a setting, in English, by the longest beginning that is known; empty where nobody says."""
    parts = name.split(".")
    beginnings = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((AREAS[one] for one in beginnings if one in AREAS), "")


def declare(
    name: str,
    default: Any,
    schema: dict[str, Any],
    about: str,
    check: Callable[[Any], str | None] | None = None,
    **more: Any,
) -> Key:
    """Let a key be set. ``more`` are the other fields of :class:`Key`; ``null`` is no value, but the want of one."""
    if name in KEYS:
        raise ValueError(f"{name} is declared twice")
    KEYS[name] = Key(name=name, default=default, schema=schema, about=about, check=check, **more)
    return KEYS[name]


def declare_rate(group: str, an_hour: int, about: str, **more: Any) -> Key:
    """How often a user may ask the views whose ``throttle_group`` this is."""
    per_hour = {"type": "integer", "minimum": 1, "maximum": 100_000_000}
    return declare(f"api.rate.{group}", an_hour, per_hour, about, **more)


def _patched(before: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(before, dict):
        return patch
    kept = {name: value for name, value in before.items() if name not in patch}
    said = {name: _patched(before.get(name, {}), value) for name, value in patch.items() if value is not None}
    return kept | said
