"""What lists of the administration have in common that are about people with an address."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.accounts.sessions import AAL2
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import View
from apps.core.admin import M, ServiceAdmin
from apps.core.erasing import ErasingAdmin
from apps.core.lookup import Lookup


class FoundByAddress(ServiceAdmin[M]):
    """Lists that are searched by the whole address of an account as well: addresses are encrypted, found by digests."""

    #: Leads to the account.
    path_to_account = "user__"

    def by_address(self) -> Lookup:
        return User.by_address()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            found |= queryset.filter(self.by_address().among([search_term], self.path_to_account))
        return found, may_repeat

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nothing is given to an account that was erased."""
        known = {"queryset": User.objects.known()} if db_field.related_model is User else {}
        return super().formfield_for_foreignkey(db_field, request, **(known | kwargs))


class AsksAgain(ServiceAdmin[M]):
    """Asks again who is there before what opens doors, by the second factor of who has one.

    It asks before the actions named here, and before ``add``, ``change`` and ``delete`` where these are named.

    Several actions may be sent, of which Django takes the one at ``index``: it is asked for any of them.
    """

    asks_again: ClassVar[Collection[str]] = ("add",)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        return self._asking("add", super().add_view)(request, form_url, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """To look is not to change: only what is sent is asked for."""
        what = "change" if request.method == "POST" else ""
        return self._asking(what, super().change_view)(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        return self._asking("delete", super().delete_view)(request, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        sent = [one for one in request.POST.getlist("action") if one in self.asks_again]
        return self._asking(sent[0] if sent else "", super().changelist_view)(request, extra_context)

    def _asking(self, what: str, view: View) -> View:
        return require_fresh(acr=AAL2)(view) if what in self.asks_again else view


class ErasesAfterAsking(AsksAgain[M], ErasingAdmin[M]):
    """Erases people once it is clear who wants it."""

    def erase_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        erase: Any = require_fresh(acr=AAL2)(super().erase_view)
        page: HttpResponse = erase(request, object_id)
        return page
