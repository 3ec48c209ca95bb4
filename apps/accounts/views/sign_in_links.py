"""The pages on which people sign in by a link to their mailbox, where the tenant lets them."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import services
from apps.accounts.views.linked import asked, by_link
from apps.accounts.views.signing_in import leading_to, led_on, target_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for every address, whoever has it."""
    _require()
    target = target_of(request)
    link = partial(services.ask_for_sign_in_link, target=target, now=timezone.now())
    return asked(request, "accounts/sign_in_link.html", link, then="accounts:sign-in-link-sent", next=target)


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    _require()
    return render(request, "accounts/sign_in_link_sent.html", {"hours": services.sign_in_link_hours()})


@by_link
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by the link of a letter, once somebody says so: who only looks, such as a scanner, changes nothing."""
    target = target_of(request)
    try:
        user = services.owner_of_sign_in_link(token)
        if request.method == "POST":
            return led_on(request, services.sign_in_by_link(request, token, now=timezone.now()), target)
    except services.SignInLinkOver as refusal:
        page = {"next": target, "offers_links": services.offers_sign_in_links()}
        return render(request, "accounts/sign_in_link_over.html", page, status=refusal.status)
    page = {"address": user.email, "next": target}
    return leading_to(target, render(request, "accounts/sign_in_by_link.html", page))


def _require() -> None:
    if not services.offers_sign_in_links():
        raise Http404
