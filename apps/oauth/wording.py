"""What an application may do, in words: one line for each kind of thing and reach."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from apps.core import rights

#: Whoever may change these may give themselves, or others, more.
GIVES_RIGHTS: Final = frozenset({"*", "tenant", "users", "roles", "grants", "api-keys", "applications"})


class Line(NamedTuple):
    about: str
    actions: str
    reach: str


def lines_of(scopes: Iterable[str]) -> list[Line]:
    """
    >>> [(line.about, line.actions) for line in lines_of(["users:tenant:read", "users:tenant:update"])]
    [('Accounts.', 'see, change')]
    """
    found: dict[tuple[str, str], list[str]] = {}
    for text in scopes:
        resource, scope, action = text.split(":")
        found.setdefault((resource, scope), []).append(action)
    return [_line(*key, actions) for key, actions in found.items()]


def is_dangerous(scopes: Iterable[str]) -> bool:
    """Whether more is given than to look: who consents to it shows again who they are.

    >>> is_dangerous(["users:tenant:read", "models:tenant:manage"]), is_dangerous(["roles:tenant:update"])
    (False, True)
    """
    parts = [text.split(":") for text in scopes]
    return any(action != "read" and (one in GIVES_RIGHTS or rights.is_apart(one)) for one, _, action in parts)


def _line(resource: str, scope: str, actions: Iterable[str]) -> Line:
    known = rights.RESOURCES.get(resource)
    about = _(known.about) if known else _("Everything there is.")
    return Line(about, ", ".join(_(rights.words_of(one)) for one in actions), _(rights.SCOPES[scope].about))
