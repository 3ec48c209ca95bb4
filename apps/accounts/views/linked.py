"""What pages share around links in letters: where one is asked for, and where one leads.

To look at the latter changes nothing: scanners of mail do, too.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import services
from apps.accounts.forms import ForgottenForm
from apps.accounts.workspace import View
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields


def asked(
    request: HttpRequest, template: str, ask: Callable[[str], None], *, then: str, **shown: object
) -> HttpResponse:
    """A page that asks for a letter to an address; ``then`` is the page that says, to everybody, where to look."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    headers: dict[str, str] = {}
    try:
        if form.is_valid():
            ask(form.cleaned_data["email"])
            return redirect(then)
    except services.TooManyAttempts as refusal:
        form.add_error(None, refusal.detail)
        status, headers = refusal.status, {"Retry-After": str(refusal.seconds)}
    except Refused as refusal:
        errors_at_fields(form, refusal)
    page = render(request, template, {"form": form, **shown}, status=status)
    for name, value in headers.items():
        page[name] = value
    return page


def by_link(view: View) -> View:
    """The address of the page is a secret: it is kept in no cache, told to no other site, and listed nowhere."""

    @never_cache
    @sensitive_post_parameters()
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return opened
