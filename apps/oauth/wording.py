"""What an application may do: in words, and whether it is more than to look."""

from collections.abc import Iterable
from typing import Final

from apps.accounts.lines import Line, lines_of
from apps.core import rights

__all__ = ["GIVES_RIGHTS", "Line", "is_dangerous", "lines_of"]

#: Whoever may change these may give themselves, or others, more.
GIVES_RIGHTS: Final = frozenset({"*", "tenant", "users", "roles", "grants", "api-keys", "applications", "settings"})


def is_dangerous(scopes: Iterable[str]) -> bool:
    """Whether more is given than to look: who consents to it shows again who they are.

    >>> is_dangerous(["users:tenant:read", "models:tenant:manage"]), is_dangerous(["roles:tenant:update"])
    (False, True)
    """
    parts = [text.split(":") for text in scopes]
    return any(action != "read" and (one in GIVES_RIGHTS or rights.is_apart(one)) for one, _, action in parts)
