"""Lines of roles, as grants give or deny them: what one covers, takes, or gives away, and what several say together."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core import rights
from apps.core.errors import Invalid, Problem
from apps.core.rights import ALL_ACTIONS, EVERYWHERE, OWN
from resimate_text.sentences import Sentence

MAKING = EVERYWHERE | {OWN}


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of a grant; ``object_id`` narrows a scope of one object to it."""

    resource: str
    scope: str
    action: str
    object_id: UUID | None = None

    @classmethod
    def parse(cls, text: str, object_id: UUID | None = None) -> "Permission":
        """Read what somebody wants to permit. Refuses what no app declares."""
        if not rights.is_known(text):
            detail = Sentence("{text!r} is not a permission of this product. Use resource:scope:action.", text=text)
            raise Invalid(
                Sentence("{text!r} is not a permission.", text=text), errors=[Problem("/permissions", detail)]
            )
        return cls.stored(text, object_id)

    @classmethod
    def stored(cls, text: str, object_id: UUID | None = None) -> "Permission":
        """Read what was permitted some day: what no app declares any more, or not yet, permits nothing."""
        resource, scope, action = text.split(":") if rights.is_known(text) else (text, "", "")
        return cls(resource, scope, action, object_id)

    def __str__(self) -> str:
        return ":".join(part for part in (self.resource, self.scope, self.action) if part)

    @property
    def is_everywhere(self) -> bool:
        """Tenant-wide, and not narrowed to one object by its grant."""
        return self.scope in EVERYWHERE and self.object_id is None

    @property
    def makes(self) -> bool:
        """What covers one object, or one's part in it, makes no others."""
        return self.scope in MAKING

    def is_about(self, resource: str, action: str) -> bool:
        if self.resource != resource and rights.is_apart(resource):
            return False
        if self.resource == "tenant" and self.action in ALL_ACTIONS:
            return True
        return self.resource in (resource, "*") and (self.action == action or self.action in ALL_ACTIONS)

    def covers(self, other: "Permission") -> bool:
        """Whether everything that the other permits is permitted by this."""
        if not self.is_about(other.resource, other.action):
            return False
        return self.is_everywhere or (self.scope == other.scope and self.object_id in (None, other.object_id))

    def gives(self, other: "Permission") -> bool:
        """Whether who has this has all of the other to give away: of single objects, those that it is for."""
        return self.covers(other) and (self.is_everywhere or self.object_id == other.object_id)

    @property
    def is_personal(self) -> bool:
        """Whether it reaches other rows for everybody, such as what is one's own."""
        return self.scope in rights.SCOPES and not (self.scope in EVERYWHERE or rights.SCOPES[self.scope].of_one_object)

    def bars(self, resource: str, action: str) -> bool:
        """Whether denying this denies some of it: who is denied one action does not have all of them."""
        is_all = action in ALL_ACTIONS and (self.resource == resource or not rights.is_apart(resource))
        return self.is_about(resource, action) or (is_all and self.resource in (resource, "*"))

    def touches(self, other: "Permission") -> bool:
        """Whether denying this takes something of what the other permits."""
        both = (self, other)
        if self.object_id and other.object_id and self.scope == other.scope and self.object_id != other.object_id:
            return False
        if self.resource != other.resource and any(rights.is_apart(one.resource) for one in both):
            return False
        if any(one.resource == "tenant" and one.action in ALL_ACTIONS for one in both):
            return True
        resources, actions = {self.resource, other.resource}, {self.action, other.action}
        return (len(resources) == 1 or "*" in resources) and (len(actions) == 1 or bool(actions & ALL_ACTIONS))

    def narrowed_by(self, key: "Permission") -> "Permission | None":
        """The narrower reach of the two; none when neither contains the other."""
        if key.is_everywhere:
            return self
        if self.is_everywhere:
            return key
        return self if self.scope == key.scope else None


@dataclass(slots=True)
class Said:
    """What grants of one person say, and what of it they may hand on."""

    permits: list[Permission] = field(default_factory=list)
    denies: list[Permission] = field(default_factory=list)
    _by_object: defaultdict[UUID | None, list[Permission]] = field(default_factory=lambda: defaultdict(list))

    def add(self, found: list[Permission], *, denies: bool) -> None:
        (self.denies if denies else self.permits).extend(found)
        for one in () if denies else found:
            self._by_object[one.object_id].append(one)

    def lends(self, one: Permission) -> bool:
        """Whether they have all of it to hand on: nothing of it denied, nothing that would be others' in other hands.

        What is apart is never handed on: two people are two people.
        """
        if rights.is_apart(one.resource) or any(denial.touches(one) for denial in self.denies):
            return False
        mine = [*self._by_object[None], *(self._by_object[one.object_id] if one.object_id else ())]
        return any(had.gives(one) and (had.is_everywhere or not one.is_personal) for had in mine)


class Line(NamedTuple):
    """Permissions of one kind of thing and one reach, in words."""

    about: str
    actions: str
    reach: str

    def __str__(self) -> str:
        return f"{self.about.rstrip('.')}: {self.actions} ({self.reach})"


def lines_of(texts: Iterable[str]) -> list[Line]:
    """What permissions are in words; what no app declares any more permits nothing and is left out.

    >>> [(line.about, line.actions) for line in lines_of(["users:tenant:read", "users:tenant:update"])]
    [('Accounts.', 'see, change')]
    """
    found: dict[tuple[str, str], list[str]] = {}
    for text in filter(rights.is_known, texts):
        resource, scope, action = text.split(":")
        found.setdefault((resource, scope), []).append(action)
    return [_line(*key, actions) for key, actions in found.items()]


def _line(resource: str, scope: str, actions: Iterable[str]) -> Line:
    known = rights.RESOURCES.get(resource)
    about = _(known.about) if known else _("Everything there is.")
    return Line(about, ", ".join(_(rights.words_of(one)) for one in actions), _(rights.SCOPES[scope].about))


def in_words(texts: Iterable[str]) -> str:
    """All of it in one text; as it was written what no app declares any more.

    >>> in_words(["users:own:read", "users:own:update", "gone:own:read"])
    "Accounts: see, change (what is one's own); gone:own:read"
    """
    given = list(texts)
    return "; ".join([*map(str, lines_of(given)), *(one for one in given if not rights.is_known(one))])
