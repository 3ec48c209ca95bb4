"""What can be permitted, and what the product's own roles permit: each app says its own in ``permissions.py``::

    declare("toys", "Toys of the tenant.", "read", "create")
    grant(ANALYST, "toys:tenant:read")

The modules are found at start, from the lowest app to the highest: what a grant speaks of is declared by then. How
permissions are evaluated stands in ``apps/accounts/authz.py``; how roles come into every tenant, in its ``roles.py``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext_noop as _

#: A grant with such a scope adds no condition.
EVERYWHERE: Final = frozenset({"tenant", "*"})
OWN: Final = "own"
ALL_ACTIONS: Final = frozenset({"manage", "*"})


@dataclass(frozen=True, slots=True)
class Resource:
    """What is ``is_apart`` is permitted by its own name alone: who may do everything else may none of it.

    ``model`` is the label of what can be asked about one by one, as in "may they read this campaign?"; empty for none.
    That ``sensitive`` actions were permitted is on record: they open doors, or show what is personal in bulk.
    """

    name: str
    about: str
    actions: frozenset[str]
    is_apart: bool = False
    model: str = ""
    sensitive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a permission reaches; a grant may narrow one ``of_one_object`` to a single object.

    ``model`` is the label of what such an object is; empty where nothing is one.
    """

    name: str
    about: str
    model: str = ""

    @property
    def of_one_object(self) -> bool:
        return bool(self.model)


@dataclass(frozen=True, slots=True)
class SystemRole:
    """A role that comes with the product; ``is_platforms``: in the public schema alone.

    ``in_person``: verbs of its own app give it to who signs in, and nobody does so by hand.
    """

    code: str
    name: str
    about: str
    is_platforms: bool = False
    permissions: list[str] = field(default_factory=list)
    in_person: bool = False


#: In words, as a page says what somebody may do; each app names the actions that are its own.
WORDS: Final[dict[str, str]] = {}
RESOURCES: Final[dict[str, Resource]] = {}
SCOPES: Final[dict[str, Scope]] = {
    "tenant": Scope("tenant", _("everything in the tenant")),
    "*": Scope("*", _("everything in the tenant")),
    OWN: Scope(OWN, _("what is one's own")),
}
ROLES: Final[dict[str, SystemRole]] = {}


def declare(
    resource: str, about: str, *actions: str, is_apart: bool = False, model: str = "", sensitive: Iterable[str] = ()
) -> Resource:
    """Say what can be done with a kind of thing; ``manage``, which is all of it, goes without saying."""
    if resource in RESOURCES:
        raise ValueError(f"two apps declare the resource {resource}")
    known, marked = frozenset({*actions, "manage"}), frozenset(sensitive)
    if unknown := marked - known:
        raise ValueError(f"{resource} has no actions {', '.join(sorted(unknown))} that could be sensitive")
    RESOURCES[resource] = Resource(resource, about, known, is_apart, model, marked)
    return RESOURCES[resource]


def name_actions(**words: str) -> None:
    """Say what actions are called on pages, marked to be translated: ``name_actions(open=_("open"))``."""
    if twice := WORDS.keys() & words.keys():
        raise ValueError(f"two apps name the actions {', '.join(sorted(twice))}")
    WORDS.update(words)


def words_of(action: str) -> str:
    """What an action is called on pages, in English; its own name where nobody says."""
    return WORDS.get(action, action)


def declare_scope(name: str, about: str, *, of_one: str = "") -> Scope:
    """Name a reach; for which rows it holds, ``authz.register_scope`` is told beside their model.

    ``of_one`` is the label of the model of which a grant names one.
    """
    if name in SCOPES:
        raise ValueError(f"two apps declare the scope {name}")
    SCOPES[name] = Scope(name, about, of_one)
    return SCOPES[name]


def declare_role(
    code: str, name: str, about: str, *, is_platforms: bool = False, in_person: bool = False
) -> SystemRole:
    """Add a role of the product; it comes into every schema with the next ``migrate_tenants``."""
    if code in ROLES:
        raise ValueError(f"two apps declare the role {code}")
    ROLES[code] = SystemRole(code, name, about, is_platforms, in_person=in_person)
    return ROLES[code]


def grant(role: SystemRole, *permissions: str) -> None:
    """Give a role of one's own app, or of one below, permissions that are declared."""
    if unknown := [text for text in permissions if not is_known(text)]:
        raise ValueError(f"no app declares what {role.code} is granted: {', '.join(unknown)}")
    if twice := [text for text in permissions if text in role.permissions]:
        raise ValueError(f"{role.code} is granted twice: {', '.join(twice)}")
    role.permissions.extend(permissions)


def is_sensitive(permission: str) -> bool:
    """Whether it is on record that ``resource:action`` was permitted."""
    resource, _, action = permission.partition(":")
    return resource in RESOURCES and action in RESOURCES[resource].sensitive


def is_apart(resource: str) -> bool:
    return resource in RESOURCES and RESOURCES[resource].is_apart


def is_known(text: str) -> bool:
    """Whether a text is ``resource:scope:action``, each of them declared.

    >>> is_known("jobs:own:cancel"), is_known("jobs:own:paint"), is_known("jobs:own")
    (True, False, False)
    """
    resource, scope, action = [*text.split(":"), "", ""][:3]
    if text.count(":") != 2 or scope not in SCOPES:
        return False
    if resource == "*":
        return True
    return resource in RESOURCES and (action == "*" or action in RESOURCES[resource].actions)
