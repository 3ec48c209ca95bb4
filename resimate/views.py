from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.tenants.hosts import address


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The platform's front door. In development it shows the way into the demo tenants."""
    hosts = [address(f"{slug}.{settings.BASE_DOMAIN}").partition("//")[2] for slug in ("demo", "hdi")]
    return render(request, "landing.html", {"demo_hosts": hosts if settings.DEVELOPMENT else []})
