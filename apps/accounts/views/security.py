"""The page of one's own security: sections that apps declare. The first is where one is signed in."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import services, sessions
from apps.accounts.models import User
from apps.accounts.presenting import session_of
from apps.accounts.views.signing_in import sign_out


@never_cache
@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/security.html")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """How long this session still lasts. Sent, it says that somebody is there, and so puts its end off.

    Asked by a page itself, with the mark of a fragment, it is no use of the session, as no fetch is.
    """
    remaining = sessions.Remaining(request.session, timezone.now())
    if request.method == "POST" and not request.headers.get("HX-Request"):
        return redirect("accounts:security")
    return JsonResponse({"seconds": remaining.seconds, "is_final": remaining.is_final})


@login_required
@require_POST
def end_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End one of one's own sessions; this one is left by signing out."""
    user, now = cast("User", request.user), timezone.now()
    session = services.live_sessions(user, now=now).filter(pk=pk).first()
    if session is None:
        raise Http404
    if session.pk == session_of(request):
        return sign_out(request)
    services.end_session(session, acting_user=user, now=now)
    messages.success(request, _("That device has been signed out."))
    return redirect("accounts:security")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    count = services.sign_out_everywhere(user, acting_user=user, now=timezone.now(), but=session_of(request))
    said = ngettext(
        "%(count)d other device has been signed out.", "%(count)d other devices have been signed out.", count
    )
    messages.success(request, said % {"count": count})
    return redirect("accounts:security")
