"""Roles that one has handed on for a time, or was handed: to see them, to hand on another, and to end one."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import authz, services
from apps.accounts.forms import DelegationForm
from apps.accounts.models import User
from apps.accounts.presenting import Delegation, offered_by
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import user_of, workspace_page
from apps.audit import reading
from apps.core.errors import Refused
from apps.core.pages import crumb, errors_as_messages, errors_at_fields


@login_required
@never_cache
@require_safe
def delegations(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    rows = [Delegation(grant, user) for grant in services.delegations_of(user, now=now)]
    if rows:
        reading.note("user", now=now, details={"page": "accounts:delegations", "count": len(rows)})
    crumbs = [crumb(_("Your account"), "accounts:account")]
    return render(request, "accounts/delegations.html", {"rows": rows, "crumbs": crumbs})


@workspace_page("grants:create")
@require_fresh()
@require_http_methods(["GET", "HEAD", "POST"])
def hand_on(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    is_sent = request.method == "POST"
    form = DelegationForm(offered_by(user, now), request.POST if is_sent else None)
    if is_sent and form.is_valid() and _is_handed_on(form, user, now):
        messages.success(request, _("It is handed on. You can take it back at any time."))
        return redirect("accounts:delegations")
    crumbs = [crumb(_("Your account"), "accounts:account"), crumb(_("Handed on"), "accounts:delegations")]
    page = {"form": form, "crumbs": crumbs}
    return render(request, "accounts/hand_on.html", page, status=422 if is_sent else 200)


def _is_handed_on(form: DelegationForm, user: User, now: datetime) -> bool:
    delegate = _account_at(form.cleaned_data["user"], user)
    if delegate is None:
        form.add_error("user", _unknown_to(user))
        return False
    what = form.cleaned_data["role"]
    until = form.cleaned_data["valid_until"]
    try:
        services.delegate_role(
            delegate, what.role, object_id=what.object_id, valid_until=until, acting_user=user, now=now
        )
    except Refused as refusal:
        errors_at_fields(form, refusal)
        return False
    return True


def _account_at(email: str, user: User) -> User | None:
    """The account that the user may see: of any other address they do not learn whether somebody has it."""
    return authz.visible(User.objects.at(email).filter(is_active=True), user, "users:read").first()


def _unknown_to(user: User) -> str:
    if authz.everywhere(user, "users:read"):
        return _("Nobody here has an account with this address.")
    return _("You see no account with this address. Ask an administrator to give the role.")


@login_required
@require_fresh()
@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back what one has handed on, or give back what one was handed."""
    user, now = user_of(request), timezone.now()
    grant = services.delegations_of(user, now=now).filter(pk=pk).first()
    if grant is None:
        raise Http404
    with errors_as_messages(request):
        services.revoke_grant(grant, acting_user=user, now=now)
        messages.success(request, _("It has ended."))
    return redirect("accounts:delegations")
