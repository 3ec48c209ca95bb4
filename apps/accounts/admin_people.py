"""What lists of the administration have in common that are about people with an address."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.stepping_up import require_fresh
from apps.core.admin import M, ServiceAdmin
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
    """Asks again who is there before what opens doors: the actions named here, ``add``, to make one, and ``change``.

    Several actions may be sent, of which Django takes the one at ``index``: it is asked for any of them.
    """

    asks_again: ClassVar[Collection[str]] = ("add",)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        view = super().add_view
        return (require_fresh()(view) if "add" in self.asks_again else view)(request, form_url, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        view, asks = super().change_view, "change" in self.asks_again and request.method == "POST"
        return (require_fresh()(view) if asks else view)(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        view, asks = super().changelist_view, not {*self.asks_again}.isdisjoint(request.POST.getlist("action"))
        return (require_fresh()(view) if asks else view)(request, extra_context)
