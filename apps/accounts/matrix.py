"""The permissions of a role as a table of words: of what, what may be done, and how far.

The table says one reach of each resource; what else a role says stands in lines below it, and nothing is lost.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils.translation import gettext as _

from apps.accounts import authz
from apps.core import rights


class Choice(NamedTuple):
    action: str
    words: str
    chosen: bool
    inherited: bool


class Reach(NamedTuple):
    name: str
    words: str
    chosen: bool


class Row(NamedTuple):
    name: str
    about: str
    actions: list[Choice]
    scopes: list[Reach]


class Matrix(forms.Widget):
    """Takes lines ``resource:scope:action``, one below the other, and gives the same."""

    template_name = "admin/accounts/role/_matrix.html"
    #: What a role has from those that it builds on, to be shown beside its own.
    inherited: Sequence[str] = ()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        rows = [_row(resource, lines, self.inherited) for resource in rights.RESOURCES.values()]
        shown = {line for row in rows for line in _said_by(row)}
        others = "\n".join(line for line in lines if line not in shown)
        context["widget"] |= {
            "rows": rows,
            "others": others,
            "is_invalid": "aria-invalid" in context["widget"]["attrs"],
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        ticked = [str(one).partition(":") for one in data.getlist(f"{name}-may")]
        lines = [f"{resource}:{data.get(f'{name}-of-{resource}', 'tenant')}:{action}" for resource, _, action in ticked]
        return "\n".join(dict.fromkeys([*lines, *data.get(name, "").splitlines()]))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


def permissions_field(**more: Any) -> SimpleArrayField:
    """Permissions as a list of lines, ticked in the table; ``more`` as any field takes it."""
    line = forms.CharField(max_length=120, required=False)
    return SimpleArrayField(line, delimiter="\n", widget=Matrix(), **more)


def _row(resource: rights.Resource, lines: Collection[str], inherited: Collection[str]) -> Row:
    own = [line.split(":") for line in lines if rights.is_known(line) and line.startswith(f"{resource.name}:")]
    scope = Counter(scope for _, scope, _ in own).most_common(1)[0][0] if own else "tenant"
    chosen = {action for _, its, action in own if its == scope}
    above = {line.rpartition(":")[2] for line in inherited if line.startswith(f"{resource.name}:")}
    actions = sorted({*resource.actions, *chosen}, key=place)
    return Row(
        resource.name,
        _(resource.about),
        [Choice(one, _(rights.words_of(one)), one in chosen, one in above) for one in actions],
        [Reach(one, _(rights.SCOPES[one].about), one == scope) for one in _scopes(resource, scope)],
    )


def place(action: str) -> tuple[bool, bool, str]:
    """To look comes first, everything last."""
    return action in rights.ALL_ACTIONS, action != "read", action


def _scopes(resource: rights.Resource, present: str) -> list[str]:
    return list(dict.fromkeys(["tenant", *authz.scopes_of(resource), present]))


def _said_by(row: Row) -> list[str]:
    scope = next(one.name for one in row.scopes if one.chosen)
    return [f"{row.name}:{scope}:{one.action}" for one in row.actions if one.chosen]
