"""Bases of the administration pages: what is only read, and what services change."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Problem, Refused
from apps.core.fields import EncryptedTextField
from apps.core.translating import translated

M = TypeVar("M", bound=Model)
#: How the filters of Django's lists ask of a field; of a relation, for the key alone.
OF_FILTERS: Final = ("exact", "id__exact", "isnull", "gte", "lt")


class RefusedForm(forms.BaseForm):
    """A form as it was sent, with what a service refused of it at its fields."""

    refusal: ClassVar[Refused]

    def full_clean(self) -> None:
        super().full_clean()
        for problem in self.refusal.errors or [Problem("", self.refusal.detail, self.refusal.code)]:
            name = problem.pointer.strip("/").split("/")[0]
            self.add_error(name if name in self.fields else None, problem.detail)


class ServiceAdmin(admin.ModelAdmin[M]):
    """Writes through services: what they refuse is said at the form. Our audit trail takes the place of Django's."""

    show_full_result_count = False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refusal:
            if request.method != "POST":  # the page would be refused again
                raise
            for _name, files in request.FILES.lists():
                for file in files:
                    file.seek(0)
            request.refusal = refusal  # type: ignore[attr-defined]  # read by the form alone
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return type(form.__name__, (RefusedForm, form), {"refusal": refusal}) if refusal else form

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _or_message(request, super().delete_view, request, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """What its own filters ask, and no more: by others any column could be guessed, bit by bit.

        One that goes on from a relation reaches those of other tables.
        """
        filters = [one[0] if isinstance(one, tuple) else one for one in self.get_list_filter(request)]
        offered = {str(getattr(one, "parameter_name", one)) for one in filters}
        return lookup in offered | {f"{one}__{how}" for one in offered for how in OF_FILTERS}

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        """Not by what is encrypted: ciphertexts have no order that means anything."""
        encrypted = {one.name for one in self.model._meta.get_fields() if isinstance(one, EncryptedTextField)}
        return [name for name in super().get_sortable_by(request) if name not in encrypted]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's mass deletion, which would go past the services."""
        return {name: one for name, one in super().get_actions(request).items() if name != "delete_selected"}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None

    def each(
        self, request: HttpRequest, queryset: QuerySet[M], service: Callable[[M, datetime], str | None], done: str
    ) -> None:
        """Call a service for each object that was ticked; say how many it took, and each one that it refused."""
        count = 0
        for instance in queryset:
            try:
                note = service(instance, timezone.now())
            except Refused as refusal:
                messages.error(request, f"{instance}: {translated(refusal.detail)}")
            else:
                count += 1
                if note:
                    messages.success(request, note)
        if count:
            messages.success(request, done.format(count=count))


def _or_message(request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(*args, **kwargs)
    except Refused as refusal:
        if request.method != "POST":  # the page would be refused again, and again
            raise
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(ServiceAdmin[M]):
    """Shown to administrators, changed by nobody."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NamedValuesFilter(admin.AllValuesFieldListFilter):
    """All values of a text field; the empty one has a name too, so that its link can be read."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or _("Empty")}
