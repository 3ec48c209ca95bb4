"""The pages by which whoever signs in oddly proves their mailbox on the device."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts import devices, services
from apps.accounts.views.linked import by_link


@never_cache
@require_safe
def unproved(request: HttpRequest) -> HttpResponse:
    """Say where the way on is. It says the same to everybody, so that it tells nothing of any account."""
    return render(request, "accounts/device_unproved.html")


@by_link
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """Make the browser known in which the link was opened, once somebody says that it is theirs."""
    try:
        user = services.owner_of_device_link(token)
        if request.method == "POST":
            user = services.prove_device(token, device=devices.known(request, user.email), now=timezone.now())
            messages.success(request, _("This device is known as yours now. Sign in."))
            response = redirect("accounts:sign-in")
            devices.remember(response, request, user.email)
            return response
    except services.DeviceLinkOver:
        return render(request, "accounts/device_link_over.html", status=services.DeviceLinkOver.status)
    return render(request, "accounts/prove_device.html")
