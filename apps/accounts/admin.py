"""Accounts, roles, grants and keys, for administrators. Every change goes through a service."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import (
    admin_grants,  # noqa: F401  registers its pages
    admin_invitations,  # noqa: F401  registers its pages
    admin_keys,  # noqa: F401  registers its pages
    admin_programs,
    admin_roles,  # noqa: F401  registers its pages
    admin_tenants,  # noqa: F401  registers its pages
    keys,
    passwords,
    services,
)
from apps.accounts.admin_explaining import Explained
from apps.accounts.admin_people import AsksAgain, ErasesAfterAsking, FoundByAddress
from apps.accounts.admin_sessions import SignedIn
from apps.accounts.attributes import misfit, properties, told
from apps.accounts.forms import OfPermissions, zone_field
from apps.accounts.lines import in_words
from apps.accounts.matrix import permissions_field
from apps.accounts.models import ApiKey, User
from apps.configuration import languages
from apps.configuration.forms import JsonField
from apps.core.erasing import Erasure
from apps.core.errors import Invalid
from apps.core.forms import moment_field
from apps.core.pages import first_of
from apps.core.translating import translated
from resimate_text.addresses import in_letters


class AttributesField(JsonField):
    """An object; nothing where nothing is typed."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        found = super().to_python(value)
        if not isinstance(found, dict):
            raise ValidationError(_("Give an object."))
        return found


class UserForm(forms.ModelForm[User]):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    name = forms.CharField(max_length=200, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=languages.offered)
    time_zone = zone_field()
    attributes = AttributesField(
        label=gettext_lazy("Attributes"),
        required=False,
        help_text=gettext_lazy("As JSON: what the setting “Attributes of people” declares. Empty: it stays as it is."),
    )

    class Meta:
        model = User
        fields = ("email", "name", "language", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "attributes" in self.fields:
            self.initial["attributes"] = self.instance.attributes or {}

    def clean_attributes(self) -> dict[str, Any] | None:
        values: dict[str, Any] | None = self.cleaned_data["attributes"]
        if problems := misfit(values or {}, "") if values is not None else ():
            raise ValidationError(first_of([told(one) for one in problems]))
        return values

    def clean_email(self) -> str:
        email = in_letters(self.cleaned_data["email"])
        if User.objects.at(email).exists():
            raise ValidationError(_("There is already an account with this e-mail address."))
        return email


ERASURE = Erasure(
    gone=(
        gettext_lazy(
            "The name, the address, the attributes, and every message about the account, in copies and backups too."
        ),
        gettext_lazy("Every way in: the password, sessions, API keys, and links to choose a new password."),
        gettext_lazy("The roles of the account. It is closed, and nobody can reopen it."),
    ),
    stays=(
        gettext_lazy("What was done with the account, under an id that leads to nobody, in the audit trail too."),
        gettext_lazy("A contact or an expert with the same address. Erase them on their own page."),
        gettext_lazy("Messages that have arrived, and files that somebody has downloaded."),
    ),
)


@admin.register(User)
class UserAdmin(admin_programs.Closing[User], Explained, SignedIn, ErasesAfterAsking[User], FoundByAddress[User]):
    form = UserForm
    erasure = ERASURE
    list_display = ("address", "name", "is_active", "last_login", "created_at")
    list_filter = ("is_active",)
    path_to_account = ""
    search_fields = ("id",)
    search_help_text = gettext_lazy("The whole e-mail address of an account, or its id.")
    ordering = ("-created_at", "-pk")
    readonly_fields = ("is_active", "last_login", "created_at")
    actions = ("send_link", "activate", "deactivate", "reset_password")
    asks_again = ("reset_password",)

    @admin.display(description=gettext_lazy("E-mail address"))
    def address(self, user: User) -> str:
        return str(user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(owner=None)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who it is comes first; attributes where some are declared."""
        unused = set() if properties() or (obj and obj.attributes) else {"attributes"}
        shown = [one for one in super().get_fields(request, obj) if one not in unused]
        return ["address", *(one for one in shown if one not in ("email", "address"))] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "email", "address") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_erased)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        acting_user, now = _acting(request), timezone.now()
        if change:
            given = {name: getattr(obj, name) for name in ("name", "language", "time_zone")}
            services.change_user(obj, **given, acting_user=acting_user, now=now)
            if (values := form.cleaned_data["attributes"]) is not None:
                services.change_attributes(obj, values, acting_user=acting_user, now=now)
            return
        password = passwords.generate()
        made = services.create_user(
            obj.email,
            name=obj.name,
            language=obj.language,
            time_zone=obj.time_zone,
            attributes=form.cleaned_data["attributes"] or None,
            password=password,
            acting_user=acting_user,
            now=now,
        )
        obj.pk, obj.created_at = made.pk, made.created_at
        messages.warning(request, _("First password of %s, shown only now: %s") % (made, password))
        _point_to_roles(request, made)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_erase(self, request: HttpRequest, one: User) -> bool:
        return one.pk != request.user.pk and request.user.has_perm("users:manage", one)

    def erase(self, one: User, *, acting_user: Any, now: datetime) -> None:
        services.erase_user(one, acting_user=acting_user, now=now)

    @admin.action(description=gettext_lazy("Send links to choose a new password"), permissions=["change"])
    def send_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        def send(user: User, now: datetime) -> None:
            services.send_link(user, acting_user=_acting(request), now=now)

        self.each(request, queryset, send, _("{count} links are on their way."))

    @admin.action(
        description=gettext_lazy(
            "Generate and show new passwords for the selected accounts, if e-mail does not reach them"
        ),
        permissions=["change"],
    )
    def reset_password(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        def reset(user: User, now: datetime) -> str:
            _user, password = services.reset_password(user, acting_user=_acting(request), now=now)
            return _("New password of %s, shown only now: %s") % (user, password)

        self.each(request, queryset, reset, _("{count} passwords replaced."))


def _lines(help_text: Any, longest: int) -> SimpleArrayField:
    """A field that takes a text a line."""
    return SimpleArrayField(
        forms.CharField(max_length=longest, required=False),
        delimiter="\n",
        required=False,
        widget=AdminTextareaWidget(attrs={"spellcheck": "false", "rows": 4}),
        help_text=help_text,
    )


class ApiKeyForm(OfPermissions):
    permissions = permissions_field(
        label=gettext_lazy("What it may do"),
        required=False,
        help_text=gettext_lazy(
            "Tick what the program needs. If nothing is ticked, it may do everything that the account may do."
        ),
    )
    networks = _lines(
        gettext_lazy("From where the key opens something, one per line; for example 192.0.2.0/24. Empty: everywhere."),
        43,
    )
    expires_at = moment_field(
        gettext_lazy("Expires at"),
        gettext_lazy("Time zone: %(zone)s. 90 days from now if left empty; at most 365."),
        required=False,
    )

    def clean_networks(self) -> list[str]:
        try:
            return keys.read_networks([text for text in self.cleaned_data["networks"] or [] if text.strip()])
        except Invalid as refusal:
            raise ValidationError([translated(problem.detail) for problem in refusal.errors]) from refusal


@admin.register(ApiKey)
class ApiKeyAdmin(AsksAgain[ApiKey], FoundByAddress[ApiKey]):
    form = ApiKeyForm
    list_display = ("name", "user", "permitted", "prefix", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("user__key",)
    search_fields = ("name", "prefix")
    search_help_text = gettext_lazy("The whole e-mail address of an account, or a part of a key's name or prefix.")
    ordering = ("-pk",)
    actions = ("revoke", "rotate")
    asks_again = ("add", "rotate")

    @admin.display(description=gettext_lazy("What it may do"))
    def permitted(self, key: ApiKey) -> str:
        return in_words(key.permissions) or _("Everything that its account may do")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("name", "user", "permitted" if obj else "permissions", "networks", "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("permitted",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        made, text = services.create_api_key(
            obj.user,
            name=obj.name,
            permissions=obj.permissions,
            networks=obj.networks,
            expires_at=obj.expires_at,
            acting_user=_acting(request),
            now=timezone.now(),
        )
        obj.pk = made.pk
        if not made.permissions:
            messages.info(request, _("It may do everything that %(person)s may do.") % {"person": obj.user})
        messages.warning(request, _("The key of %s, shown only now: %s") % (made.name, text))

    @admin.action(
        description=gettext_lazy("Replace the selected keys by new ones; these go on for a day"), permissions=["add"]
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        def rotate(key: ApiKey, now: datetime) -> str:
            made, text = services.rotate_api_key(key, acting_user=_acting(request), now=now)
            return _("The key of %s, shown only now: %s") % (made.name, text)

        self.each(request, queryset, rotate, _("{count} replaced."))

    @admin.action(description=gettext_lazy("Revoke the selected keys"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        def revoke(key: ApiKey, now: datetime) -> None:
            services.revoke_api_key(key, acting_user=_acting(request), now=now)

        self.each(request, queryset, revoke, _("{count} revoked."))


def _point_to_roles(request: HttpRequest, user: User) -> None:
    """A new account may do nothing: say so, and where that is changed."""
    text = _("This account has no role yet, so it cannot see anything.")
    where = f"{reverse('admin:accounts_grant_add')}?user={user.pk}"
    messages.info(request, format_html('{} <a href="{}">{}</a>', text, where, _("Give it a role")))


def _acting(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  the site lets nobody else in
    return request.user
