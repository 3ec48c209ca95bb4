"""The workspace's pages about a round: its monitor, the people in it, and the page of one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.sessions import AAL2
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import View, user_of, workspace_page
from apps.core.erasing import DONE, Erasure
from apps.core.pages import errors_as_messages
from apps.notifications.about import About
from apps.notifications.services import latest_messages, messages_to
from apps.outreach.links import H
from apps.outreach.models import LinkHolder, Round

NEW_LINK: Final = _("A new link is on its way; the old one no longer works.")
WITHDRAWN: Final = _("The link has been withdrawn.")
ERASURE: Final = Erasure(
    gone=(
        _("The name, the e-mail address, and every message to this person, in copies and backups too."),
        _("Personal links and what is waiting to be sent. Nobody asks this person any more."),
    ),
    stays=(
        _("Answers and judgements that were sent. They still count, and lead to nobody."),
        _("The group, the language, and who erased this person and when, in the audit trail."),
        _("An account, or an expert of another elicitation, with the same address. Erase them on their own page."),
        _("Messages that have arrived, and files that somebody has downloaded."),
    ),
)


def reminded(count: int) -> str:
    said = ngettext("%(count)d person will get a reminder.", "%(count)d people will get a reminder.", count)
    return said % {"count": count}


def with_messages(round: Round, holders: Sequence[LinkHolder]) -> list[dict[str, Any]]:
    """Rows of the table of people: each with the state of the last message to them."""
    last = latest_messages(About.of(round), [one.pk for one in holders])
    return [{"one": one, "message": last.get(one.pk)} for one in holders]


def show_round(request: HttpRequest, round: Round, pages: "PersonPages[Any]", page: dict[str, Any]) -> HttpResponse:
    """A round as it stands, with the way to the ``pages`` of its people: the whole page, or the part that changes."""
    shared = {
        "round": round,
        "is_open": round.accepts_answers_at(timezone.now()),
        "may_manage": user_of(request).has_perm(f"{pages.resource}:manage", round),
        "monitor": f"{pages.folder}/_monitor.html",
        "state": pages.state,
        "person_route": pages.route,
    }
    part = "_monitor" if getattr(request, "htmx", False) else "detail"
    return render(request, f"{pages.folder}/{part}.html", {**shared, **page})


@dataclass(frozen=True, slots=True)
class PersonPages(Generic[H]):
    """The page of one person in a round: how far they are, what was sent to them, and their personal link.

    ``find`` looks a person up by the address, for who has a permission; ``facts`` are what the page shows besides.
    ``kind`` is what a record of reading calls them; templates are in ``folder``, but for the one that says ``state``.
    """

    resource: str
    kind: str
    folder: str
    route: str
    find: Callable[..., H]
    facts: Callable[[HttpRequest, H], dict[str, Any]]
    entrance: Callable[..., Callable[[View], View]] = workspace_page
    state: str = "outreach/_state.html"

    def person(self) -> View:
        permission = f"{self.resource}:read"

        @require_safe
        @self.entrance(permission, shows=self.kind)
        def person(request: HttpRequest, **ids: UUID) -> HttpResponse:
            return self._show(request, self.find(request, **ids, permission=permission))

        return person

    def link(self, show_link: Callable[..., str]) -> View:
        """The same page with the link on it, for another channel."""
        permission = f"{self.resource}:manage"

        @require_POST
        @self.entrance(permission, shows=self.kind)
        def link(request: HttpRequest, **ids: UUID) -> HttpResponse:
            found = self.find(request, **ids, permission=permission)
            with errors_as_messages(request):
                return self._show(request, found, show_link(found, acting_user=user_of(request), now=timezone.now()))
            return redirect(reverse(self.route, kwargs=ids))

        return link

    def erase(self, erase: Callable[..., Any], action: str) -> View:
        """The page that says what it means to erase the person, for those who may do ``action``, and the deed."""
        permission = f"{self.resource}:{action}"

        @require_http_methods(["GET", "HEAD", "POST"])
        @self.entrance(permission, shows=self.kind)
        @require_fresh(acr=AAL2)
        def erasing(request: HttpRequest, **ids: UUID) -> HttpResponse:
            found, back = self.find(request, **ids, permission=permission), reverse(self.route, kwargs=ids)
            if request.method == "POST":
                with errors_as_messages(request):
                    erase(found, acting_user=user_of(request), now=timezone.now())
                    messages.success(request, str(DONE))
                return redirect(back)
            page = {"one": found, "within": found.round, "erasure": ERASURE, "back": back}
            return render(request, "outreach/erase.html", {**page, **self.facts(request, found)})

        return erasing

    def _show(self, request: HttpRequest, one: H, url: str = "") -> HttpResponse:
        page = {
            "within": one.round,
            "one": one,
            "state": self.state,
            "link": url,
            "may_manage": user_of(request).has_perm(f"{self.resource}:manage", one.round),
            "messages_sent": messages_to(one.about, one.pk),
        }
        return render(request, f"{self.folder}/person.html", {**page, **self.facts(request, one)})
