"""The pages on which people ask for an account, where the tenant lets them."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts import registration, services
from apps.accounts.views.linked import asked


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Ask for an account. The answer is the same for every address, whether it has one or not."""
    if not registration.is_open():
        raise Http404
    ask = partial(services.ask_to_register, language=get_language() or "en", now=timezone.now())
    domains = registration.domains()
    return asked(request, "accounts/register.html", ask, then="accounts:register-sent", domains=domains)


@never_cache
@require_http_methods(["GET", "HEAD"])
def sent(request: HttpRequest) -> HttpResponse:
    if not registration.is_open():
        raise Http404
    return render(request, "accounts/register_sent.html")
