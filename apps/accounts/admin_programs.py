"""The accounts of programs, apart from those of people; and what is done with either."""

from datetime import datetime
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.accounts.models import ServiceAccount, User
from apps.core.admin import ServiceAdmin

Account = TypeVar("Account", bound=User)


class Closing(ServiceAdmin[Account]):
    """Accounts that are closed and reopened in their list."""

    @admin.action(description=gettext_lazy("Close the selected accounts"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        acting_user: Any = request.user

        def close(user: Account, now: datetime) -> str | None:
            stopping = [str(one) for one in user.programs.filter(is_active=True)]
            services.deactivate_user(user, acting_user=acting_user, now=now)
            return _("Stopped with it: %s") % ", ".join(stopping) if stopping else None

        self.each(request, queryset, close, _("{count} closed."))

    @admin.action(description=gettext_lazy("Reopen the selected accounts"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        acting_user: Any = request.user

        def reopen(user: Account, now: datetime) -> None:
            services.activate_user(user, acting_user=acting_user, now=now)

        self.each(request, queryset, reopen, _("{count} reopened."))


class ServiceAccountForm(forms.ModelForm[ServiceAccount]):
    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    owner = forms.ModelChoiceField(
        User.objects.people().filter(is_active=True),
        label=gettext_lazy("Owner"),
        help_text=gettext_lazy("Who answers for it. It is closed with this person's account."),
    )

    class Meta:
        model = ServiceAccount
        fields = ("name", "owner")


@admin.register(ServiceAccount)
class ServiceAccountAdmin(Closing[ServiceAccount]):
    """No password, no mail: a program gets in by the keys that are made for it."""

    form = ServiceAccountForm
    list_display = ("name", "owner", "is_active", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("owner__key",)
    search_fields = ("id",)
    search_help_text = gettext_lazy("The id of an account.")
    ordering = ("-created_at", "-pk")
    fields = ("name", "owner", "is_active", "created_at")
    readonly_fields = ("is_active", "created_at")
    actions = ("activate", "deactivate")

    def save_model(self, request: HttpRequest, obj: ServiceAccount, form: Any, change: bool) -> None:
        owner, acting_user = form.cleaned_data["owner"], cast("User", request.user)
        if change:
            services.change_service_account(
                obj, name=obj.name, owner=owner, acting_user=acting_user, now=timezone.now()
            )
            return
        made = services.create_service_account(obj.name, owner=owner, acting_user=acting_user, now=timezone.now())
        obj.pk, obj.created_at = made.pk, made.created_at

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
