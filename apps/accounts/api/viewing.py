"""The API as somebody else sees it, to a request with ``View-As``: what both may see, one request at a time."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop as _
from rest_framework.permissions import SAFE_METHODS

from apps.accounts import services
from apps.accounts.api.permissions import require_fresh
from apps.accounts.models import User
from apps.core import context
from apps.core.errors import Invalid


def look(request: Any, view: Any) -> None:
    """Let the request be of whom it names, narrowed to what its caller may; the trail goes on to name the caller.

    What is sent is refused, and so is what shows the caller's own, whose rights do not tell whose it is.
    """
    viewer = request.user
    if not isinstance(viewer, User):
        return  # who has to sign in hears that next
    if request.method not in SAFE_METHODS:
        raise services.NotToBeViewed(_("View-As goes with what is read: nothing is sent as somebody else."))
    if not view.shown_as:
        raise services.NotToBeViewed(_("This address is its caller's alone: leave View-As out."))
    require_fresh(request)
    request.user = services.look_as(_id(request.headers["View-As"]), acting_user=viewer, now=timezone.now())
    context.note(viewed_as=str(request.user.pk))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("View-As is the id of an account.")) from None
