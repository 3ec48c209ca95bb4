"""Before something dangerous people show again who they are, if they have not done so within minutes (ASVS 7.5.3)."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts import second_steps, services, sessions
from apps.accounts.forms import ASK, ConfirmForm
from apps.accounts.workspace import View, user_of
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields

#: Fields of the page that asks; they never reach the page behind it.
OURS: Final = "confirm-"
#: How the page behind it was asked for.
METHOD: Final = f"{OURS}method"


def require_fresh(max_age: timedelta = sessions.FRESH, acr: str = sessions.AAL1) -> Callable[[View], View]:
    """Ask for the password or a code in place of the page, then go on as if nothing had been between.

    What was sent comes along in the form that asks, and is given to the view afterwards; files are not. Stands below
    what lets only signed-in people in, and above what names the methods of the view. By ``AAL2`` who has a second
    factor shows that one; who has none shows the password, since there is nothing stronger.
    """

    def around(view: View) -> View:
        @wraps(view)
        @sensitive_post_parameters()
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = _asked_of(request, acr)
            if METHOD in request.POST:
                refused = _confirm(request, asked)
                if refused is not None:
                    return refused
                if request.POST[METHOD] == "GET":
                    return redirect(request.get_full_path())
                _take_out_ours(request)
            elif not sessions.is_fresh(request.session, timezone.now(), max_age, asked):
                form = ConfirmForm(prefix="confirm", by_factor=asked == sessions.AAL2)
                return _page(request, form, str(request.method), 403)
            return view(request, *args, **kwargs)

        return guarded

    return around


def _asked_of(request: HttpRequest, acr: str) -> str:
    """What is asked of this person: no more than they have."""
    return acr if acr == sessions.AAL2 and second_steps.of(user_of(request)) else sessions.AAL1


def _confirm(request: HttpRequest, asked: str) -> HttpResponse | None:
    """Look at what the person showed; the page again where it was not right."""
    method = request.POST[METHOD]
    form = ConfirmForm(request.POST, prefix="confirm", by_factor=asked == sessions.AAL2)
    if not form.is_valid():
        return _page(request, form, method, 422)
    is_asking = form.cleaned_data["device"] == ASK
    try:
        if is_asking:
            services.ask_to_approve(request, user_of(request), now=timezone.now())
        else:
            services.confirm(request, user_of(request), **form.cleaned_data, now=timezone.now())
    except services.TooManyAttempts as refusal:
        form.add_error(None, refusal.detail)
        page = _page(request, form, method, 429)
        page["Retry-After"] = str(refusal.seconds)
        return page
    except Refused as refusal:
        errors_at_fields(form, refusal)
        return _page(request, form, method, 422)
    return _page(request, form, method, 403) if is_asking else None


def _page(request: HttpRequest, form: ConfirmForm, method: str, status: int) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() for value in values if _is_theirs(name)]
    step = second_steps.of(user_of(request))
    context = {"form": form, "sent": sent, "method": method, "takes_code": step is not None}
    return render(request, "accounts/confirm.html", context, status=status)


def _is_theirs(name: str) -> bool:
    return not name.startswith(OURS) and name != "csrfmiddlewaretoken"


def _take_out_ours(request: HttpRequest) -> None:
    sent = request.POST.copy()
    for name in [name for name in sent if not _is_theirs(name)]:
        del sent[name]
    request.POST = sent  # type: ignore[assignment]  # a mutable one, as Django itself keeps of multipart forms
