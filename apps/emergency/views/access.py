"""The page of access in emergencies: who asked, who approved, what is open to review."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.presenting import session_of
from apps.accounts.sessions import AAL2
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import user_of, workspace_page
from apps.audit import kinds
from apps.core.errors import Refused
from apps.core.pages import errors_as_messages, errors_at_fields
from apps.emergency import services
from apps.emergency.forms import ReasonForm, ReviewForm
from apps.emergency.middleware import MARK
from apps.emergency.models import EmergencyAccess

MOST = 50


def _is_concerned(user: User, permission: str) -> bool:
    """Who may ask, and who sees what others have asked."""
    return authz.everywhere(user, "emergency-access:create") or authz.everywhere(user, permission)


_page = workspace_page("emergency-access:read", _is_concerned)


@_page
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """What there is; sent, the form asks for access."""
    user, form = user_of(request), ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        _refuse_without(user, "emergency-access:create")
    if form.is_valid():
        try:
            services.ask_for_access(user, reason=form.cleaned_data["reason"], now=timezone.now())
        except Refused as refusal:
            errors_at_fields(form, refusal)
        else:
            messages.success(request, _("All administrators have been told. Two of them have to approve it."))
            return redirect("emergency:list")
    return _overview(request, user, form)


def _refuse_without(user: User, permission: str) -> None:
    """Before a form is looked at: who may not send it is not told what is wrong with it."""
    if not authz.everywhere(user, permission):
        raise PermissionDenied


def _overview(
    request: HttpRequest, user: User, ask: ReasonForm, review: ReviewForm | None = None, of: UUID | None = None
) -> HttpResponse:
    """The page, with the form that was sent and found wrong, as it was: that of asking, or a review ``of`` one."""
    now = timezone.now()
    known = _visible(user).select_related("user__key", "reviewed_by__key")
    found = known.prefetch_related("approvals__approver__key").open_first(now)[:MOST]
    services.read_approvers(one for one in found if one.is_good_at(now))
    form: ReasonForm | ReviewForm = review or ask
    rows = [_row(one, user, now, review if one.pk == of else None) for one in found]
    done = services.done_in([row["access"] for row in rows if row["may_review"]])
    page: dict[str, Any] = {
        "rows": [{**row, **_wanted(row), "done": _in_words(done.get(str(row["access"].pk), ()))} for row in rows],
        "form": form,
        "ask": ask,
        "may_ask": authz.everywhere(user, "emergency-access:create") and (ask.is_bound or not _has_open(rows, user)),
    }
    page["lacking"] = services.lacking(user, now=now) if page["may_ask"] else 0
    return render(request, "emergency/list.html", page, status=422 if form.is_bound else 200)


def _in_words(done: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    return [(kinds.words_of(action), page, times) for action, page, times in done]


def _wanted(row: dict[str, Any]) -> dict[str, bool]:
    """Whether the reader is waited for: such ones stand before the form that asks for another."""
    return {"is_wanted": any(row[one] for one in ("may_approve", "may_begin", "may_end", "may_review"))}


def _has_open(rows: list[dict[str, Any]], user: User) -> bool:
    """Whether there is one of theirs already, so that another would be refused."""
    states = EmergencyAccess.State
    is_open = (states.WAITING, states.APPROVED, states.RUNNING)
    return any(row["access"].user_id == user.pk and row["state"] in is_open for row in rows)


def _row(access: EmergencyAccess, user: User, now: datetime, review: ReviewForm | None) -> dict[str, Any]:
    counted = services.approvals_of(access) if access.is_good_at(now) else 0
    state, states = access.state_at(now, counted), EmergencyAccess.State
    approvers = [one.approver for one in access.approvals.all()]
    is_own, is_other = access.user_id == user.pk, user not in approvers and access.user_id != user.pk
    may_approve, own = authz.everywhere(user, "emergency-access:approve"), services.is_own_right
    return {
        "access": access,
        "state": state,
        "approvers": approvers,
        "may_approve": state is states.WAITING and is_other and own(user, "approve"),
        "may_begin": state is states.APPROVED and is_own,
        "may_end": state is states.RUNNING and (is_own or may_approve),
        "may_call_off": state in (states.WAITING, states.APPROVED) and (is_own or may_approve),
        "waits_for_another": state is states.TO_REVIEW and not is_other,
        "review": review or _review_of(access),
        "may_review": state is states.TO_REVIEW and is_other and own(user, "review"),
        "trail": _trail_of(access, user),
    }


def _trail_of(access: EmergencyAccess, user: User) -> str:
    """Where the trail says what was done in it; empty for who may not look there, and before it begins."""
    if access.begun_at is None or not (user.is_staff and authz.everywhere(user, "audit-entries:read")):
        return ""
    asked = {"q": str(access.pk), "recorded_at__gte": access.requested_at.isoformat()}
    return f"{reverse('admin:audit_auditentry_changelist')}?{urlencode(asked)}"


def _review_of(access: EmergencyAccess, sent: Any = None) -> ReviewForm:
    return ReviewForm(sent, auto_id=f"id_%s_{access.pk}")  # one for each access on the page


def _visible(user: User) -> Any:
    everybodys = EmergencyAccess.objects.all()
    return everybodys if authz.everywhere(user, "emergency-access:read") else everybodys.filter(user=user)


def _found(request: HttpRequest, pk: UUID) -> EmergencyAccess:
    found: EmergencyAccess | None = _visible(user_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@_page
@require_fresh(acr=AAL2)
@require_POST
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    with errors_as_messages(request):
        services.approve_access(_found(request, pk), acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("You have approved it."))
    return redirect("emergency:list")


@_page
@require_fresh(acr=AAL2)
@require_POST
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin the hour, in this session: the others of the account end, and this one says so on each page."""
    user = user_of(request)
    with errors_as_messages(request):
        with transaction.atomic():  # no moment in which another session has it, unseen
            services.begin_access(_found(request, pk), acting_user=user, now=timezone.now())
            update_session_auth_hash(request, accounts.end_sessions(user, but=session_of(request)))
        request.session[MARK] = True
        messages.success(request, _("Access has begun. It ends by itself, and will be reviewed."))
    return redirect("emergency:list")


@_page
@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    with errors_as_messages(request):
        services.end_access(_found(request, pk), acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("It has ended."))
    return redirect("emergency:list")


@_page
@require_fresh(acr=AAL2)
@require_POST
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close the review; what was typed stays where it is too short."""
    user, access = user_of(request), _found(request, pk)
    _refuse_without(user, "emergency-access:review")
    form = _review_of(access, request.POST)
    if form.is_valid():
        try:
            services.review_access(access, acting_user=user, review=form.cleaned_data["review"], now=timezone.now())
        except Refused as refusal:
            errors_at_fields(form, refusal)
        else:
            messages.success(request, _("The review has been closed."))
            return redirect("emergency:list")
    return _overview(request, user, ReasonForm(), form, access.pk)
