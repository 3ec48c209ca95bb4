"""Applications, for administrators: registered, changed, retired; and what people let them do, to be ended."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.admin_people import AsksAgain
from apps.accounts.matrix import permissions_field
from apps.accounts.workspace import user_of
from apps.core.errors import Invalid
from apps.core.pages import errors_at_fields
from apps.oauth import services
from apps.oauth.models import Application


class ApplicationForm(forms.ModelForm[Application]):
    redirect_uris = SimpleArrayField(
        forms.CharField(max_length=500, required=False),
        label=gettext_lazy("Addresses to lead back to"),
        delimiter="\n",
        widget=AdminTextareaWidget(attrs={"spellcheck": "false", "rows": 4}),
        help_text=gettext_lazy("One per line, whole and exact: https://…, or http://127.0.0.1:PORT/… on a device."),
    )
    scopes = permissions_field(
        label=gettext_lazy("What it may ask for"),
        help_text=gettext_lazy("It gets no rights by that: each person who lets it in gives it some of theirs."),
    )

    class Meta:
        model = Application
        fields = ("name", "kind", "redirect_uris", "scopes")
        labels = {"kind": gettext_lazy("Kind")}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("redirect_uris", "scopes"):
            given[name] = [one for text in given.get(name) or [] if (one := text.strip())]
        if not self.errors:
            try:
                services.check_application(given["redirect_uris"], given["scopes"])
            except Invalid as refusal:
                errors_at_fields(self, refusal)
        return given


@admin.register(Application)
class ApplicationAdmin(AsksAgain[Application]):
    form = ApplicationForm
    list_display = ("name", "kind", "id", "created_at", "ended_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    ordering = ("-pk",)
    fields = ("name", "kind", "redirect_uris", "scopes")
    actions = ("replace_secret", "retire")
    asks_again = ("add", "change", "replace_secret")

    def get_readonly_fields(self, request: HttpRequest, obj: Application | None = None) -> tuple[str, ...]:
        return ("kind",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.ended_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Application, form: Any, change: bool) -> None:
        given: dict[str, Any] = {
            "redirect_uris": form.cleaned_data["redirect_uris"],
            "scopes": form.cleaned_data["scopes"],
            "acting_user": user_of(request),
            "now": timezone.now(),
        }
        if change:
            services.change_application(obj, name=obj.name, **given)
            return
        made, secret = services.register_application(obj.name, kind=obj.kind, **given)
        obj.pk = made.pk
        messages.info(request, _("Its client_id: %s") % made.pk)
        if secret:
            messages.warning(request, _("The secret of %s, shown only now: %s") % (made, secret))

    @admin.action(description=gettext_lazy("Replace the secrets of the selected applications"), permissions=["change"])
    def replace_secret(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        def replace(one: Application, now: datetime) -> str:
            made, secret = services.replace_secret(one, acting_user=user_of(request), now=now)
            return _("The secret of %s, shown only now: %s") % (made, secret)

        self.each(request, queryset, replace, _("{count} replaced."))

    @admin.action(
        description=gettext_lazy("Retire the selected applications: nobody lets them in any more"),
        permissions=["view"],
    )
    def retire(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        def end(one: Application, now: datetime) -> None:
            services.retire_application(one, acting_user=user_of(request), now=now)

        self.each(request, queryset, end, _("{count} retired."))
