"""The page of who sees which fields of the API, made of what apps declare: ``manage.py docs fields``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts.api.permissions import VERBS
from apps.accounts.lines import Permission
from apps.core import rights
from resimate import contracts

HEAD: Final = """# Who sees which fields

For each collection of the API what each role of the product is shown of its objects: `all` of them, or those of a scope
(`assigned`: what one takes part in; `own`: what is one's own); nothing where a cell is empty. Fields that take a right
of their own have a line of their own, with that right; who lacks it finds them empty. Roles that a tenant makes follow
the same rights. What a confidential campaign shows of answers and scores, to whomever, is another rule
([ADR 18](adr/0018-confidential-campaigns.md)). Generated: `manage.py docs fields --write`.

"""
PLACE: Final = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class Shown:
    """Fields of a collection that the same people see: who may ``permission``, and ``takes`` in the whole tenant."""

    name: str
    path: str
    permission: str
    takes: str
    fields: tuple[str, ...]
    view: Any

    def to(self, role: rights.SystemRole) -> str:
        """As far as a role sees them: ``all``, the names of scopes, or nothing."""
        if self.takes and "all" not in _reach(role, self.takes):
            return ""
        found = _reach(role, self.permission) - set(getattr(self.view, "not_for", ()))
        if "all" in found:
            return "all"
        if getattr(self.view, "of_tenant", False):
            found = set()
        own = any(getattr(one, "shows_own", False) for one in self.view.permission_classes)
        return ", ".join(sorted(found | ({"own"} if own else set())))


def page() -> str:
    contracts.read_all_modules()
    roles = roles_shown()
    head = ["collection", "fields", "right", *(f"`{one.code}`" for one in roles)]
    lines = [head, ["---"] * len(head)]
    lines += [
        [f"`{one.path}`", ", ".join(f"`{name}`" for name in one.fields), f"`{one.takes or one.permission}`"]
        + [one.to(role) for role in roles]
        for one in shown()
    ]
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def roles_shown() -> list[rights.SystemRole]:
    """The product's roles of a tenant."""
    return [one for one in rights.ROLES.values() if not one.is_platforms]


def shown() -> Iterator[Shown]:
    found = _collections(get_resolver("resimate.urls.tenant").url_patterns, "")
    for name, path, view in sorted(found, key=lambda one: one[1]):
        permission = _permission(view)
        takes = getattr(getattr(view.serializer_class, "Meta", None), "takes", {})
        fields = [name for name, field in view.serializer_class().fields.items() if not field.write_only]
        for right in ("", *dict.fromkeys(takes.values())):
            mine = tuple(one for one in fields if takes.get(one, "") == right)
            yield Shown(name, path, permission, right, mine, view)


def _collections(patterns: Any, before: str) -> Iterator[tuple[str, str, Any]]:
    for one in patterns:
        text = before + str(one.pattern).replace("^", "").removesuffix("$")
        if isinstance(one, URLResolver):
            yield from _collections(one.url_patterns, text)
        elif isinstance(one, URLPattern) and _lists(one) and text.startswith("api/v1/"):
            yield str(one.name), PLACE.sub(r"{\1}", text.removeprefix("api/v1/")), one.callback.cls  # type: ignore[attr-defined]  # DRF's


def _lists(pattern: URLPattern) -> bool:
    actions: dict[str, str] = getattr(pattern.callback, "actions", {})
    return actions.get("get") == "list"


def _permission(view: Any) -> str:
    asked = getattr(view, "permissions", {}).get("list", VERBS["list"])
    return asked if ":" in asked else f"{view.resource}:{asked}"


def _reach(role: rights.SystemRole, permission: str) -> set[str]:
    lines = (Permission.stored(text) for text in role.permissions)
    found = {one.scope for one in lines if one.is_about(*permission.split(":"))}
    return {"all"} if found & rights.EVERYWHERE else found
