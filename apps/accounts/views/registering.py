"""The pages on which people ask for an account, where the tenant lets them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts import registration, services
from apps.accounts.forms import RegisterForm
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Ask for an account. The answer is the same for every address, whether it has one or not."""
    if not registration.is_open():
        raise Http404
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form, 422 if form.is_bound else 200)
    try:
        services.ask_to_register(form.cleaned_data["email"], language=get_language() or "en", now=timezone.now())
    except services.TooManyAttempts as refusal:
        form.add_error(None, refusal.detail)
        page = _page(request, form, 429)
        page["Retry-After"] = str(refusal.seconds)
        return page
    except Refused as refusal:
        errors_at_fields(form, refusal)
        return _page(request, form, 422)
    return redirect("accounts:register-sent")


def _page(request: HttpRequest, form: RegisterForm, status: int) -> HttpResponse:
    page = {"form": form, "domains": registration.domains()}
    return render(request, "accounts/register.html", page, status=status)


@never_cache
@require_http_methods(["GET", "HEAD"])
def sent(request: HttpRequest) -> HttpResponse:
    if not registration.is_open():
        raise Http404
    return render(request, "accounts/register_sent.html")
