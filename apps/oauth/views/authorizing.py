"""The page on which people let an application in. Nobody is led back unasked: consent is asked for each time."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from oauthlib.oauth2 import AccessDeniedError, FatalClientError, OAuth2Error

from apps.accounts.sessions import AAL2
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import user_of
from apps.oauth import protocol, services
from apps.oauth.models import Application
from apps.oauth.wording import is_dangerous, lines_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application asks for: all that is known of it holds."""

    application: Application
    scopes: list[str]
    redirect_uri: str
    state: str


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponseBase:
    """What is asked stands in the address, for the page and for the form on it."""
    try:
        asked = _asked(request)
    except FatalClientError as error:  # whoever asks is not known, so nobody is led there
        return render(request, "oauth/not_known.html", {"said": error.description}, status=400)
    except ValueError:
        return render(request, "oauth/not_known.html", status=400)
    except OAuth2Error as error:
        return _led_back(protocol.error_address(error, str(error.redirect_uri)))
    view = require_fresh(acr=AAL2)(_consent) if is_dangerous(asked.scopes) else _consent
    return _leading_to(asked.redirect_uri, view(request, asked))


def _asked(request: HttpRequest) -> Asked:
    scopes, said = protocol.SERVER.validate_authorization_request(protocol.address_of(request))
    oauth: Any = said["request"]
    return Asked(oauth.client, list(scopes), oauth.redirect_uri, oauth.state or "")


def _consent(request: HttpRequest, asked: Asked) -> HttpResponse:
    if request.method != "POST":
        page = {
            "application": asked.application,
            "lines": lines_of(asked.scopes),
            "is_dangerous": is_dangerous(asked.scopes),
            "host": urlsplit(asked.redirect_uri).netloc,
            "here": _said_in_full(request, asked),
            "days": services.LIFE.days,
        }
        return render(request, "oauth/consent.html", page)
    if request.POST.get("decision") != "allow":
        return _led_back(protocol.error_address(AccessDeniedError(state=asked.state or None), asked.redirect_uri))
    user, session = user_of(request), request.session
    recognised = {name: session[name] for name in ("acr", "amr", "auth_time") if name in session}
    with transaction.atomic():
        headers, _, _ = protocol.SERVER.create_authorization_response(
            protocol.address_of(request), scopes=asked.scopes, credentials={"user": user, "recognised": recognised}
        )
    return _led_back(headers["Location"])


def _said_in_full(request: HttpRequest, asked: Asked) -> str:
    """The address with what the page shows: an application that is changed meanwhile is given no more than that."""
    query = request.GET.copy()
    query["scope"], query["redirect_uri"] = " ".join(asked.scopes), asked.redirect_uri
    return f"?{query.urlencode()}"


def _led_back(address: str) -> HttpResponse:
    """Django's own redirect refuses no scheme that we let through; 303 sends no form along (RFC 9700, 4.12)."""
    return HttpResponse(status=303, headers={"Location": address, "Referrer-Policy": "no-referrer"})


def _leading_to(redirect_uri: str, page: HttpResponseBase) -> HttpResponseBase:
    """A page whose form leads there in the end: a browser asks the policy of the page whether it may."""
    parts = urlsplit(redirect_uri)
    vars(page)["_csp_update"] = {"form-action": [f"{parts.scheme}://{parts.netloc}"]}  # as django-csp's decorators
    return page
