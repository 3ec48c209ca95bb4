from typing import Any

from django.utils import timezone
from rest_framework.permissions import BasePermission

from apps.accounts import authz, second_steps, sessions, uses
from apps.core.errors import Refused

#: DRF's names for what a request does to a collection or an object, as actions of a permission.
VERBS = {"list": "read", "export": "read", "retrieve": "read", "partial_update": "update", "destroy": "delete"}


def permission_for(view: Any) -> str:
    """``resource:action`` of this request: ``list`` reads, ``publish`` publishes; ``permissions`` names exceptions.

    An exception is another action, or another resource's with it: ``export`` or ``reports:export``. One for
    ``results.csv`` is asked for where ``results`` are wanted as CSV.
    """
    action = getattr(view, "action", None) or str(view.request.method).lower()
    renderer = getattr(getattr(view, "request", None), "accepted_renderer", None)
    named: dict[str, str] = getattr(view, "permissions", {})
    asked = named.get(f"{action}.{getattr(renderer, 'format', '')}") or named.get(action) or VERBS.get(action, action)
    return asked if ":" in asked else f"{view.resource}:{asked}"


class StepUpNeeded(Refused):
    code = "step_up_needed"
    status = 403
    title = "Who signed in a while ago shows again who they are before this"


class Granted(BasePermission):
    """Some grant of the user must be about what the request does; which objects it reaches, ``get_queryset`` says.

    Where a view has no objects but the tenant's own state (``of_tenant``), the grant must be for the whole tenant. What
    opens doors (``asks_again``) asks who came with a session and not with a key, as pages do (``stepping_up.py``).
    """

    message = "Your roles do not include this."

    def has_permission(self, request: Any, view: Any) -> bool:
        method = str(request.method).lower()
        if not hasattr(view, method) or method not in view.http_method_names:
            return True  # no such method here: DRF answers 405
        if method == "options":
            return bool(request.user.is_authenticated)
        asks, permission = self._asks(view), permission_for(view)
        if not asks(request.user, permission):
            return False
        if getattr(view, "is_dangerous", bool)():
            require_fresh(request)
        uses.note(request.user, permission)
        return True

    @staticmethod
    def _asks(view: Any) -> Any:
        return authz.everywhere if getattr(view, "of_tenant", False) else authz.somewhere


def require_fresh(request: Any) -> None:
    """Refuse a session whose owner was recognised a while ago; a key is asked nothing."""
    came = authz.viewer_of(request.user) or request.user
    if authz.key_of(came) is not None:
        return
    asked = sessions.AAL2 if second_steps.of(came) else sessions.AAL1
    if not sessions.is_fresh(request.session, timezone.now(), acr=asked):
        raise StepUpNeeded("You signed in a while ago. Sign in again and repeat this within ten minutes.")
