"""Who has which role, for administrators: given, denied, handed on; for everything, or for one object."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import objects, services
from apps.accounts.admin_people import AsksAgain, FoundByAddress
from apps.accounts.forms import ObjectField
from apps.accounts.models import Grant
from apps.accounts.workspace import user_of
from apps.core.forms import moment_field


class GrantForm(forms.ModelForm[Grant]):
    #: Who gives, and sees the objects that it may be limited to.
    giver: Any = None
    object_id = ObjectField(
        label=gettext_lazy("Only for one object"),
        required=False,
        help_text=gettext_lazy(
            "The address of the page of a resilience model or a campaign, or its id, if the role is about single ones. "
            "Leave empty for everything."
        ),
    )
    delegated = forms.BooleanField(
        label=gettext_lazy("Hand on what you have yourself"),
        required=False,
        help_text=gettext_lazy(
            "It ends on its day, after 30 days at most, and as soon as you do not have it any more. "
            "The other person cannot hand it on."
        ),
    )
    valid_from = moment_field(
        gettext_lazy("Valid from"),
        gettext_lazy("Time zone: %(zone)s. Leave empty if it holds at once."),
        required=False,
    )
    valid_until = moment_field(
        gettext_lazy("Valid until"),
        gettext_lazy("Time zone: %(zone)s. Leave empty if it has no end."),
        required=False,
    )

    def clean_object_id(self) -> Any:
        object_id = self.cleaned_data["object_id"]
        if object_id and not objects.names_of([object_id], self.giver):
            raise ValidationError(_(services.OUT_OF_SIGHT))
        return object_id

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("delegated") and cleaned.get("denies"):
            self.add_error("denies", _("A denial is not handed on."))
        return cleaned

    class Meta:
        model = Grant
        fields = ("user", "role", "object_id", "denies", "delegated", "valid_from", "valid_until")
        help_texts = {
            "denies": gettext_lazy(
                "Take away what the role says, whatever else this person is given. "
                "Administrators who are denied anything see no lists of the administration."
            ),
        }


@admin.register(Grant)
class GrantAdmin(AsksAgain[Grant], FoundByAddress[Grant]):
    form = GrantForm
    list_display = (
        *("user", "role", "effect", "object", "valid_from", "valid_until", "granted_at", "granted_by", "delegator"),
    )
    list_filter = ("role", "denies")
    list_select_related = ("user__key", "role", "granted_by__key", "delegator__key")
    search_fields = ("role__name",)
    search_help_text = gettext_lazy("The whole e-mail address of an account, or a part of the name of a role.")
    ordering = ("-pk",)
    fields = ("user", "role", "object_id", "denies", "delegated", "valid_from", "valid_until")
    asks_again = ("add", "delete")

    def get_fields(self, request: HttpRequest, obj: Grant | None = None) -> Any:
        """Of one that there is, who handed it on."""
        shown = super().get_fields(request, obj)
        known = {"delegated": "delegator", "object_id": "object", "denies": "effect"}
        return [known.get(str(name), name) for name in shown] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "object", "effect")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"giver": user_of(request)})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Grant | None:
        found = super().get_object(request, object_id, from_field)
        _name_objects([found] if found else [], request)
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        _name_objects(found.result_list, request)
        return found

    @admin.display(description=gettext_lazy("Effect"), ordering="denies")
    def effect(self, grant: Grant) -> str:
        return _("takes away") if grant.denies else _("gives")

    @admin.display(description=gettext_lazy("Only for"))
    def object(self, grant: Grant) -> str:
        """By its name, where who looks sees it."""
        return objects.called(grant.object_id, getattr(grant, "names_of_objects", {}))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        more: dict[str, Any] = {"acting_user": user_of(request), "now": timezone.now(), "object_id": obj.object_id}
        more |= {"valid_from": obj.valid_from, "valid_until": obj.valid_until}
        if form.cleaned_data["delegated"]:
            made = services.delegate_role(obj.user, obj.role, **more)
        else:
            made = services.grant_role(obj.user, obj.role, denies=obj.denies, **more)
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Grant) -> None:
        services.revoke_grant(obj, acting_user=user_of(request), now=timezone.now())


def _name_objects(grants: Iterable[Grant], request: HttpRequest) -> None:
    names = objects.names_of((one.object_id for one in grants), request.user)
    for one in grants:
        one.names_of_objects = names  # type: ignore[attr-defined]  # no column: for this page alone
