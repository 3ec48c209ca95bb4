"""What may this person do, and why: a page of each account, and a question to it."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import authz, objects, services
from apps.accounts.admin_viewing import Viewed, may_view
from apps.accounts.forms import ObjectField
from apps.accounts.lines import in_words
from apps.accounts.matrix import place
from apps.accounts.models import Role, User
from apps.core import rights
from apps.core.errors import Invalid
from apps.core.pages import errors_at_fields
from apps.core.translating import translated


class QuestionForm(forms.Form):
    """May they do this, with all of the tenant or with one object?"""

    permission = forms.ChoiceField(label=gettext_lazy("Permission"), choices=lambda: list(_choices()))
    object = ObjectField(
        label=gettext_lazy("Object"),
        required=False,
        help_text=gettext_lazy("The address of the page of one object, or its id; empty for the whole tenant."),
    )


class Row(NamedTuple):
    """Of one resource: the actions on everything that there is of it, and those on a part."""

    resource: str
    about: str
    everywhere: list[str]
    partly: list[str]


class Why(NamedTuple):
    """A reason, with its role and its line in words."""

    reason: services.Reason
    role: str
    inherited_from: str
    words: str
    only_for: str


class Explained(Viewed):
    """Adds to each account the page of its permissions."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.permissions_view)
        return [path("<uuid:object_id>/permissions/", view, name="accounts_user_permissions"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        given = tuple(super().get_readonly_fields(request, obj))
        return (*given, "permissions") if obj else given

    @admin.display(description=gettext_lazy("permissions"))
    def permissions(self, user: User) -> SafeString:
        address = reverse("admin:accounts_user_permissions", args=[user.pk])
        return format_html('<a href="{}">{}</a>', address, _("What this person may do, and why"))

    def permissions_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What the account may do; with a question in the query, the answer and its reasons."""
        user = self.get_object(request, str(object_id))
        if user is None:
            raise Http404
        if not self.has_view_permission(request, user):
            raise PermissionDenied
        form = QuestionForm(request.GET if "permission" in request.GET else None)
        said = _answer(form, user, request.user)
        roles = [*user.grants.valid_at(timezone.now()).select_related("role", "delegator__key")]
        names = objects.names_of((one.object_id for one in roles), request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What %(person)s may do") % {"person": user},
            "original": user,
            "opts": self.opts,
            "form": form,
            "said": said,
            "asked": _asked(said.permission) if said else "",
            "reasons": _reasons(said, names) if said else (),
            "enough": [(line, in_words([line])) for line in said.missing] if said else (),
            "may_view": may_view(request.user, user),
            "detail": translated(said.detail) if said else "",
            "rows": [row for resource in rights.RESOURCES.values() if any((row := _row(user, resource))[2:])],
            "roles": [(one, objects.called(one.object_id, names)) for one in roles],
        }
        return TemplateResponse(request, "admin/accounts/user/permissions.html", context)


def _choices() -> Any:
    for resource in rights.RESOURCES.values():
        names = [(f"{resource.name}:{one}", _(rights.words_of(one))) for one in sorted(resource.actions, key=place)]
        yield _(resource.about), [(name, f"{words} ({name})") for name, words in names]


def _answer(form: QuestionForm, user: User, acting_user: Any) -> services.Explanation | None:
    if not form.is_valid():
        return None
    permission: str = form.cleaned_data["permission"]
    object_id: UUID | None = form.cleaned_data["object"]
    try:
        return services.explain(user, permission, object_id, acting_user=acting_user, now=timezone.now())
    except Invalid as refusal:
        errors_at_fields(form, refusal)
        return None


def _asked(permission: str) -> str:
    resource, action = permission.split(":")
    about, done = _(rights.RESOURCES[resource].about), _(rights.words_of(action))
    return f"{about.rstrip('.')}: {done}"


def _reasons(said: services.Explanation, objects_: Mapping[UUID, str]) -> list[tuple[str, list[Why]]]:
    """Each kind of them under its heading, if there are any."""
    kinds = [
        (_("What denies it"), said.denied_by),
        (_("What permits it"), said.because),
        (_("What does not reach far enough"), said.beside),
    ]
    names = dict(Role.objects.values_list("code", "name"))
    return [(heading, [_why(one, names, objects_) for one in found]) for heading, found in kinds if found]


def _why(reason: services.Reason, names: Mapping[str, str], objects_: Mapping[UUID, str]) -> Why:
    role, above = (names.get(code, code) for code in (reason.role, reason.inherited_from))
    return Why(reason, role, above, in_words([reason.permission]), objects.called(reason.object_id, objects_))


def _row(user: User, resource: rights.Resource) -> Row:
    actions = {action: f"{resource.name}:{action}" for action in sorted(resource.actions, key=place)}
    everywhere = [action for action, name in actions.items() if authz.everywhere(user, name)]
    partly = [action for action, name in actions.items() if action not in everywhere and authz.somewhere(user, name)]
    return Row(resource.name, _(resource.about), _in_words(everywhere), _in_words(partly))


def _in_words(actions: list[str]) -> list[str]:
    """Who may do everything need not be told each."""
    actions = ["manage"] if "manage" in actions else actions
    return [_(rights.words_of(one)) for one in actions]
