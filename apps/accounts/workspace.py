"""The door of the workspace's pages: who is signed in, and may enter."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from apps.accounts import authz
from apps.accounts.models import User

View = Callable[..., HttpResponseBase]


def staff_page(permission: str, admits: Callable[[User, str], bool] = authz.somewhere) -> Callable[[View], View]:
    """Let in who has some grant of that kind; ``admits`` says so where a grant alone is not enough."""

    def around(view: View) -> View:
        @login_required
        @never_cache
        @wraps(view)
        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not admits(user_of(request), permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return entered

    return around


def user_of(request: HttpRequest) -> User:
    """The signed-in user of a page behind :func:`staff_page`, or of the administration."""
    return cast(User, request.user)
