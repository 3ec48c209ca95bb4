"""Roles: what they permit in words, what they build on, and whom a change concerns before it is saved."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts import lineage, services
from apps.accounts.admin_people import AsksAgain
from apps.accounts.forms import OfPermissions
from apps.accounts.lines import in_words, lines_of
from apps.accounts.matrix import permissions_field
from apps.accounts.models import Grant, Role, User
from apps.core import crypto


class RoleForm(OfPermissions):
    """A change that concerns somebody is shown first, and saved when it is sent again as it was shown."""

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("What programs and lists of people call it. It is made from the name if left empty."),
        error_messages={"invalid": gettext_lazy("Use the letters a to z, digits, - and _ alone.")},
    )
    permissions = permissions_field(required=False)
    parents: forms.ModelMultipleChoiceField[Role] = forms.ModelMultipleChoiceField(
        Role.objects.order_by("name"),
        label=gettext_lazy("Builds on"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Whoever has this role may do what those say, too."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_change = kwargs.get("instance") is not None
        if self._is_change and "permissions" in self.fields:
            self.fields["parents"].queryset = Role.objects.exclude(pk=self.instance.pk).order_by("name")  # type: ignore[attr-defined]  # of a choice of models
            widget: Any = self.fields["permissions"].widget
            widget.inherited = lineage.inherited_by([self.instance])[self.instance.pk]

    def clean_code(self) -> str:
        """Made from the name, which comes first; no code can be made of some scripts."""
        code: str = self.cleaned_data["code"] or slugify(self.cleaned_data.get("name", ""))[:60]
        if not code:
            raise ValidationError(_("Write a code: none can be made from this name."))
        return code

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self._is_change and not self.errors:
            self._show_first(given)
        return given

    def _show_first(self, given: dict[str, Any]) -> None:
        before = lineage.permissions_of(Role.objects.get(pk=self.instance.pk))
        after = lineage.permissions_with(given["permissions"], given["parents"])
        people = Grant.objects.filter(role__in=lineage.building_on(self.instance)).values("user").distinct().count()
        what = crypto.token_digest("\n".join([*sorted(after), str(people)])).hex()
        if set(before) == set(after) or not people or given.get("seen") == what:
            return
        again: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict has it
        again["seen"] = what
        self.data = again
        raise ValidationError(_said(people, sorted({*after} - {*before}), sorted({*before} - {*after})))


def _said(people: int, gained: list[str], lost: list[str]) -> list[str]:
    whom = ngettext("This concerns %(count)d person.", "This concerns %(count)d people.", people) % {"count": people}
    said = [whom + " " + _("Save again if it is right.")]
    if gained:
        said.append(_("They gain: %(permissions)s") % {"permissions": in_words(gained)})
    if lost:
        said.append(_("They lose: %(permissions)s") % {"permissions": in_words(lost)})
    return said


@admin.register(Role)
class RoleAdmin(AsksAgain[Role]):
    form = RoleForm
    asks_again = ("add", "change", "delete")
    list_display = ("name", "code", "origin", "listed_permissions")
    ordering = ("name",)

    @admin.display(description=gettext_lazy("permissions"))
    def listed_permissions(self, role: Role) -> SafeString:
        """In words, a line for each kind of thing and each reach; then the roles that it builds on."""
        said = format_html_join("", "<div>{}</div>", ((line,) for line in lines_of(role.permissions)))
        above = ", ".join(sorted(one.name for one in role.parents.all()))
        return said + format_html("<div>{}: {}</div>", _("Builds on"), above) if above else said

    @admin.display(description=gettext_lazy("From"), ordering="is_system")
    def origin(self, role: Role) -> str:
        return _("Resimate") if role.is_system else _("Your organisation")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        return super().get_queryset(request).prefetch_related("parents")

    @admin.display(description=gettext_lazy("permissions"))
    def permitted(self, role: Role) -> SafeString:
        """In words; as programs write them, small below."""
        said = format_html_join("", "<div>{}</div>", ((line,) for line in lines_of(role.permissions)))
        return format_html("{}<small>{}</small>", said, ", ".join(role.permissions))

    def get_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        may_change = obj is None or self.has_change_permission(request, obj)
        return ("name", "code", "parents", "permissions", "seen") if may_change else ("name", "code", "permitted")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("code", "permitted") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_system)

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_system)

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)  # noqa: S101  the site lets nobody else in
        given: dict[str, Any] = {
            "name": obj.name,
            "permissions": obj.permissions,
            "parents": form.cleaned_data.get("parents"),
            "acting_user": request.user,
            "now": timezone.now(),
        }
        if change:
            services.change_role(obj, **given)
        else:
            obj.pk = services.create_role(obj.code, **given).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has written what the role builds on."""

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        assert isinstance(request.user, User)  # noqa: S101  as above
        services.delete_role(obj, acting_user=request.user, now=timezone.now())
