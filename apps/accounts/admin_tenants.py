"""The platform's page of its tenants: a new one is made with its first administrator."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.core.errors import Refused
from apps.core.translating import translated
from apps.tenants import hosts
from apps.tenants.admin import TenantAdmin
from apps.tenants.models import Tenant
from apps.tenants.services import check_free


class NewTenantForm(forms.ModelForm[Tenant]):
    """What a tenant needs at first; everything else is its administrator's."""

    admin_email = forms.EmailField(
        label=gettext_lazy("E-mail address of its first administrator"),
        help_text=gettext_lazy("A password is generated for this account and shown once, after you save."),
    )

    class Meta:
        model = Tenant
        fields = ("slug", "name")
        labels = {"slug": gettext_lazy("Short name")}
        help_texts = {
            "slug": gettext_lazy(
                "First part of its address: lower-case letters, digits and hyphens. It cannot be changed later."
            )
        }

    def clean_slug(self) -> str:
        return str(_checked(check_free, self.cleaned_data["slug"]))

    def clean_admin_email(self) -> str:
        return str(_checked(services.check_email, self.cleaned_data["admin_email"]))


def _checked(check: Any, value: str) -> str:
    try:
        check(value)
    except Refused as refused:
        raise ValidationError(translated(refused.detail)) from refused
    return value


@admin.register(Tenant)
class OnboardingAdmin(TenantAdmin):
    """Tenants can be made, suspended and opened again; their data are nobody's here."""

    add_form = NewTenantForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    def get_form(self, request: HttpRequest, obj: Tenant | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else self.add_form

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        return super().get_fields(request, obj) if obj else ("slug", "name", "admin_email")

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        email = form.cleaned_data["admin_email"]
        made, user, password = services.onboard_tenant(obj.slug, name=obj.name, admin_email=email, now=timezone.now())
        obj.pk, obj.schema_name, obj.created_at = made.pk, made.schema_name, made.created_at
        messages.warning(request, _("First password of %s, shown only now: %s") % (user.email, password))
        messages.info(request, _("The new tenant is at %s; its administrator signs in there.") % hosts.home_of(made))
