"""The page on which a mailbox answers for the new address of an account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.views.linked import by_link


@by_link
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Use the address from now on; whoever has opened the mailbox need not be signed in here."""
    now = timezone.now()
    try:
        change = services.address_of(token, now=now)
        if request.method != "POST":
            return render(request, "accounts/confirm_address.html", {"change": change})
        services.confirm_address(token, now=now)
    except services.AddressLinkOver:
        return render(request, "accounts/address_link_over.html", status=services.AddressLinkOver.status)
    messages.success(request, _("Your e-mail address has been changed. You sign in with it from now on."))
    return redirect("accounts:account" if request.user == change.user else "accounts:sign-in")
