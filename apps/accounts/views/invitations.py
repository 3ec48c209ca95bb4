"""The page on which who was invited makes their account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.forms import JoinForm
from apps.accounts.views.linked import by_link
from apps.accounts.views.signing_in import remember_language
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields


@by_link
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Name and password by the link of a letter; then they sign in as everybody does."""
    form = JoinForm(request.POST if request.method == "POST" else None)
    try:
        invitation = services.invitation_of(token, now=timezone.now())
        form.fields["name"].initial = invitation.name
        if form.is_valid():
            return _accept(request, token, form)
    except services.InvitationOver:
        return render(request, "accounts/invitation_over.html", status=services.InvitationOver.status)
    except Refused as refusal:
        errors_at_fields(form, refusal)
    page = {"form": form, "invitation": invitation, "roles": [role.name for role in invitation.roles.order_by("name")]}
    return render(request, "accounts/invitation.html", page, status=422 if form.is_bound else 200)


def _accept(request: HttpRequest, token: str, form: JoinForm) -> HttpResponse:
    now, given = timezone.now(), form.cleaned_data
    user = services.accept_invitation(token, name=given["name"], password=given["password"], now=now)
    services.sign_out(request, now=now)  # whoever is signed in here is somebody else
    messages.success(request, _("Your account is ready. Sign in with your e-mail address and password."))
    response = redirect("accounts:sign-in")
    remember_language(response, user.language)
    return response
