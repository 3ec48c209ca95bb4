"""The workspace's pages: who is signed in, and may enter."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache

from apps.accounts import authz, uses
from apps.accounts.middleware import is_background
from apps.accounts.models import User
from apps.audit import reading
from apps.core import once

View = Callable[..., HttpResponseBase]


#: Seconds for which fragments of a page are one reading: a page may fetch them anew every few seconds.
GLANCE = 600


def workspace_page(
    permission: str, admits: Callable[[User, str], bool] = authz.somewhere, *, shows: str = ""
) -> Callable[[View], View]:
    """Let in who has some grant of that kind; ``admits`` says so where a grant alone is not enough.

    ``shows`` is the kind of personal data on the page, if there are any: that they were read is recorded.
    The view says whom it ``admits``, so that links to it are drawn for nobody else: ``apps/core/pages.py: may_open``.
    """

    def around(view: View) -> View:
        further: Callable[[User], bool] = getattr(view, "admits", lambda _: True)

        def lets_in(user: User) -> bool:
            return admits(user, permission) and further(user)

        @login_required
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not lets_in(user_of(request)):
                raise PermissionDenied
            uses.note(user_of(request), permission)
            response = view(request, *args, **kwargs)
            if shows and response.status_code == 200:
                _note_reading(request, shows, kwargs)
            return response

        guarded.admits = lets_in  # type: ignore[attr-defined]  # a function's own attribute
        return guarded

    return around


def shown_as(shows: Callable[[User], bool]) -> Callable[[View], View]:
    """Say of a page that takes no right as whom it may be seen by somebody else: it shows nothing of theirs alone."""

    def around(view: View) -> View:
        view.shown_as = shows  # type: ignore[attr-defined]  # a function's own attribute
        return view

    return around


def _note_reading(request: HttpRequest, kind: str, ids: dict[str, Any]) -> None:
    match = request.resolver_match
    if is_background(request) and not once.is_first(f"read:{user_of(request).pk}:{request.path}", GLANCE):
        return
    details = {name: str(one) for name, one in ids.items()} | {"page": match.view_name if match else ""}
    reading.note(kind, now=timezone.now(), details=details)


def user_of(request: HttpRequest) -> User:
    """The signed-in user of a page behind :func:`workspace_page`, or of the administration."""
    return cast(User, request.user)
