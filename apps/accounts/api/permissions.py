from typing import Any

from rest_framework.permissions import BasePermission

from apps.accounts import authz

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


class Granted(BasePermission):
    """Some grant of the user must be about what the request does; which objects it reaches, ``get_queryset`` says.

    Where a view has no objects but the tenant's own state (``of_tenant``), the grant must be for the whole tenant.
    """

    message = "Your roles do not include this."

    def has_permission(self, request: Any, view: Any) -> bool:
        method = str(request.method).lower()
        if not hasattr(view, method) or method not in view.http_method_names:
            return True  # no such method here: DRF answers 405
        if method == "options":
            return bool(request.user.is_authenticated)
        asks = authz.everywhere if getattr(view, "of_tenant", False) else authz.somewhere
        return asks(request.user, permission_for(view))
