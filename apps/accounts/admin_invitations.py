"""Inviting colleagues, for administrators: an address, the roles that they will have, and a few words."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import authz, lineage, services
from apps.accounts.admin_imports import Imported
from apps.accounts.admin_people import ErasesAfterAsking, FoundByAddress
from apps.accounts.lines import Permission
from apps.accounts.models import Invitation, Role, User
from apps.accounts.workspace import user_of
from apps.configuration import languages
from apps.core.erasing import Erasure
from apps.core.lookup import Lookup
from resimate_text.addresses import in_letters

ERASURE = Erasure(
    gone=(
        gettext_lazy(
            "The e-mail address, the name, your message, and the letters with the link, in copies and backups too."
        ),
        gettext_lazy("The way in: an invitation that is open ends."),
    ),
    stays=(
        gettext_lazy("That somebody was invited, when, by whom and with which roles."),
        gettext_lazy("An account that was made by the invitation. Erase it on its own page."),
        gettext_lazy("Letters that have arrived."),
    ),
)


def roles_of(giver: User) -> QuerySet[Role]:
    """The roles within somebody's own rights."""
    means = lineage.of(Role.objects.values_list("pk", flat=True))
    known = [pk for pk, roles in means.items() if all(_may_give(giver, role) for role in roles)]
    return Role.objects.filter(pk__in=known).order_by("name")


def _may_give(giver: User, role: Role) -> bool:
    is_theirs = not services.is_in_person(role)
    return is_theirs and all(authz.holds(giver, Permission.stored(text)) for text in role.permissions)


class InvitationForm(forms.ModelForm[Invitation]):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    roles: forms.ModelMultipleChoiceField[Role] = forms.ModelMultipleChoiceField(
        Role.objects.order_by("name"), label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=languages.offered)
    message = forms.CharField(
        label=gettext_lazy("Message"),
        help_text=gettext_lazy("Stands in the letter, above the link."),
        required=False,
        max_length=services.LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    class Meta:
        model = Invitation
        fields = ("email", "name", "roles", "language", "message")

    #: Whose rights the roles are within.
    giver: ClassVar[User | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = self.fields.get("roles")
        if self.giver is not None and isinstance(roles, forms.ModelMultipleChoiceField):
            roles.queryset = roles_of(self.giver)
            if self.giver.has_perm("accounts.view_role"):
                roles.help_text = _what_they_may()

    def clean_email(self) -> str:
        email = in_letters(self.cleaned_data["email"])
        if User.objects.at(email).exists():
            raise ValidationError(
                _("Somebody with this e-mail address already has an account. Give the roles to that account.")
            )
        return email


def _what_they_may() -> SafeString:
    where = reverse("admin:accounts_role_changelist")
    return format_html('<a href="{}">{}</a>', where, _("What these roles may do"))


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Invitation.State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        wanted = self.value()
        known = wanted in Invitation.State.values
        return queryset.filter(Invitation.in_state(str(wanted), timezone.now())) if known else queryset


@admin.register(Invitation)
class InvitationAdmin(Imported, ErasesAfterAsking[Invitation], FoundByAddress[Invitation]):
    form = InvitationForm
    change_form_template = "admin/accounts/invitation/change_form.html"
    erasure = ERASURE
    list_display = ("address", "name", "given_roles", "state", "invited_by", "sent_at", "expires_at")
    list_filter = (StateFilter,)
    list_select_related = ("key", "invited_by__key")
    path_to_account = ""
    search_fields = ("id",)
    search_help_text = gettext_lazy("The whole e-mail address of an invitation, or its id.")
    ordering = ("-pk",)
    actions = ("resend", "revoke")
    asks_again = ("add", "resend")

    def by_address(self) -> Lookup:
        return Invitation.by_address()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).prefetch_related("roles")

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        fields = ("email", "name", "roles", "language", "message")
        return (*fields, "state", "invited_by", "sent_at", "expires_at", "accepted_by") if obj else fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"giver": user_of(request)})

    @admin.display(description=gettext_lazy("E-mail address"))
    def address(self, invitation: Invitation) -> str:
        return str(invitation)

    @admin.display(description=gettext_lazy("Roles"))
    def given_roles(self, invitation: Invitation) -> str:
        return ", ".join(sorted(role.name for role in invitation.roles.all()))

    @admin.display(description=gettext_lazy("State"))
    def state(self, invitation: Invitation) -> str:
        return str(invitation.state_at(timezone.now()).label)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = services.invite(
            given["email"],
            name=given["name"],
            roles=[*given["roles"]],
            language=given["language"],
            message=given["message"],
            acting_user=user_of(request),
            now=timezone.now(),
        )
        obj.pk, obj.created_at = made.pk, made.created_at

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has given the roles."""

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None) -> HttpResponse:
        """One message, which says what happens; Django would say that it was added as well."""
        messages.success(request, _("The letter is on its way. Its link can be used until the invitation expires."))
        is_next = "_addanother" in request.POST
        return redirect(request.path) if is_next else self.response_post_save_add(request, obj)

    def may_erase(self, request: HttpRequest, one: Invitation) -> bool:
        return request.user.has_perm("users:manage")

    def erase(self, one: Invitation, *, acting_user: Any, now: datetime) -> None:
        services.erase_invitation(one, acting_user=acting_user, now=now)

    @admin.action(description=gettext_lazy("Send the selected invitations again"), permissions=["add"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        def send(invitation: Invitation, now: datetime) -> None:
            services.resend_invitation(invitation, acting_user=user_of(request), now=now)

        self.each(request, queryset, send, _("{count} letters are on their way."))

    @admin.action(description=gettext_lazy("Withdraw the selected invitations"), permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        def revoke(invitation: Invitation, now: datetime) -> None:
            services.revoke_invitation(invitation, acting_user=user_of(request), now=now)

        self.each(request, queryset, revoke, _("{count} withdrawn."))
