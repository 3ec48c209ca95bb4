"""What pages show of emergencies: that one is inside by it, on each; what is open to review, on the first."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.accounts import authz
from apps.core.panels import show_at
from apps.emergency.middleware import access_of
from apps.emergency.models import EmergencyAccess


@show_at("workspace.top")
def running(request: HttpRequest, user: Any) -> SafeString | None:
    access = access_of(request)
    return render_to_string("emergency/_running.html", {"until": access.ends_at}, request) if access else None


@show_at("home.top")
def unreviewed(request: HttpRequest, user: Any) -> SafeString | None:
    """Until a third person closes it, whoever may review sees that there is something to."""
    if not authz.everywhere(user, "emergency-access:review"):
        return None
    count = EmergencyAccess.objects.unreviewed(timezone.now()).count()
    return render_to_string("emergency/_unreviewed.html", {"count": count}, request) if count else None
