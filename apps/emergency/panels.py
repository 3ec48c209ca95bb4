"""What pages show of emergencies: that one is inside by it, on each; what is open to review, on the first."""

from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.accounts import authz
from apps.core.panels import show_at
from apps.emergency.models import EmergencyAccess

#: Until when the session has access in an emergency: so no page asks the database.
UNTIL: Final = "emergency_until"


@show_at("workspace.top")
def running(request: HttpRequest, user: Any) -> SafeString | None:
    until = getattr(request, "session", {}).get(UNTIL, 0)
    if until <= timezone.now().timestamp():
        return None
    return render_to_string("emergency/_running.html", {"until": datetime.fromtimestamp(until, UTC)}, request)


@show_at("home.top")
def unreviewed(request: HttpRequest, user: Any) -> SafeString | None:
    """Until a third person closes it, whoever may review sees that there is something to."""
    if not authz.everywhere(user, "emergency-access:review"):
        return None
    count = EmergencyAccess.objects.unreviewed(timezone.now()).count()
    return render_to_string("emergency/_unreviewed.html", {"count": count}, request) if count else None
