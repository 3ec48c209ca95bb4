"""Buttons of the workspace's pages: each is one verb, after which the page says that it was done, or why it was not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.workspace import View, user_of, workspace_page
from apps.core.pages import errors_as_messages

T = TypeVar("T")
Telling = Callable[[HttpRequest], AbstractContextManager[None]]


def as_warnings(request: HttpRequest) -> AbstractContextManager[None]:
    """Tell a refusal that is no fault of anybody."""
    return errors_as_messages(request, messages.WARNING)


@dataclass(frozen=True, slots=True)
class Buttons(Generic[T]):
    """The buttons of the pages about one kind of thing, each a view for ``POST``.

    ``find`` looks the thing of an address up for somebody with a permission; ``back`` names the page that it leads back
    to; ``entrance`` guards the views.
    """

    resource: str
    back: str
    find: Callable[..., T]
    entrance: Callable[[str], Callable[[View], View]] = workspace_page

    def __call__(
        self,
        action: str,
        verb: Callable[..., Any],
        done: Any,
        *,
        telling: Telling = errors_as_messages,
        then: Callable[[T], str] | None = None,
    ) -> View:
        """A button for those who may do ``action``. ``done`` says so, or makes a sentence of what the verb returns.

        ``then`` is where a success leads, if not back.
        """
        permission: Final = f"{self.resource}:{action}"

        @require_POST
        @self.entrance(permission)
        def pressed(request: HttpRequest, **ids: UUID) -> HttpResponse:
            thing = self.find(request, **ids, permission=permission)
            with telling(request):
                outcome = verb(thing, acting_user=user_of(request), now=timezone.now())
                messages.success(request, str(done(outcome) if callable(done) else done))
                if then is not None:
                    return redirect(then(thing))
            return redirect(reverse(self.back, kwargs=ids))

        return pressed
