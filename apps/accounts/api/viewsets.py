"""Base classes of the API's collections: permission-filtered, conditional, and written under a row lock."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.accounts.api.permissions import permission_for
from apps.accounts.models import User
from apps.audit import reading
from apps.core.api.parameters import PAGING, Parameter
from apps.core.api.raw_lists import ExportMixin
from apps.core.api.views import ApiView, etag_of, no_body
from apps.core.fields import open_together
from apps.core.locking import lock

M = TypeVar("M", bound=Model)
#: The actions that show a collection as a whole.
LISTS = ("list", "export")
UUID = "[0-9a-fA-F-]{36}"


def verb(*, takes_body: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A change of state that has a name, as ``POST …/{id}/open/``: what it compares and does is one transaction."""

    def decorate(function: Callable[..., Any]) -> Any:
        handler = action(detail=True, methods=["post"], **options)(transaction.atomic(function))
        return handler if takes_body else no_body(handler)

    return decorate


class CollectionView(ApiView, viewsets.GenericViewSet[M], Generic[M]):
    """Sets ``resource``, ``throttle_group``, ``queryset``, ``serializer_class``; lists what the user may see, no more.

    Services are called from ``perform_*`` and from named actions; each returns the object to show. ``filters`` narrow
    the list, and what is exported of it.
    """

    filters: ClassVar[Sequence[Parameter]] = ()
    #: Scopes of its permission that open nothing of it.
    not_for: ClassVar[Collection[str]] = ()
    shown_as = True
    #: Actions that show personal data which the serializer's fields do not tell of, and the word for it.
    personal: ClassVar[Mapping[str, str]] = {}
    #: What a browser's session does only soon after its owner was recognised, beside erasing and personal exports.
    asks_again: ClassVar[Collection[str]] = ()
    _read: M | None = None
    _count: int | None = None

    def is_dangerous(self) -> bool:
        """Whether a browser's session does it only soon after its owner was recognised."""
        takes_along = self.action == "export" and bool(self.kind_read())
        return takes_along or self.action == "erase" or self.action in self.asks_again

    def get_queryset(self) -> QuerySet[M]:
        return authz.visible(super().get_queryset(), self.request.user, permission_for(self), but=self.not_for)

    def query_parameters(self) -> Sequence[Parameter]:
        own = super().query_parameters()
        return [*own, *self.filters] if self.action in LISTS else own

    def known_parameters(self) -> frozenset[str]:
        return super().known_parameters() | (PAGING if self.action == "list" else frozenset())

    def filter_queryset(self, queryset: Any) -> Any:
        if self.action in LISTS:
            for one in self.filters:
                if one.name in self.query:
                    queryset = one.narrow(queryset, self.query[one.name])
        return queryset

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self._count = len(page or ())
        if page and isinstance(page[0], Model):
            shown = getattr(self.get_serializer_class(), "Meta", None)  # only what shows a model has one
            open_together(page, getattr(shown, "fields", ()))
        return page

    def kind_read(self) -> str:
        """The word for the personal data that the request reads; empty when there are none."""
        if self.action in self.personal:
            return self.personal[self.action]
        shown: Any = self.get_serializer_class()
        return personal_kind(shown) if self.action in (*LISTS, "retrieve") else ""

    def note_reading(self, response: Any) -> None:
        kind = self.kind_read()
        if not kind:
            return
        details: dict[str, Any] = {name: str(value) for name, value in self.kwargs.items() if name != "pk"}
        details |= {"filters": sorted(self.query)} if self.query else {}
        details |= {} if self._count is None else {"count": self._count}
        is_export = response.has_header("Content-Disposition")
        reading.note(kind, now=timezone.now(), target=self._read, is_export=is_export, details=details)

    def get_object(self) -> M:
        found: M = super().get_object()
        self._read = found
        is_compared = self.request.method == "POST" and "If-Match" in self.request.headers
        if is_compared or self.request.method in ("PUT", "PATCH", "DELETE"):
            # Nobody else may change it between the comparison and what the verb does.
            lock(type(found)._default_manager.filter(pk=found.pk))
            found = super().get_object()
        if self.request.method not in ("GET", "HEAD", "OPTIONS"):
            self.check_current(self.get_serializer(found).data)
        return found

    def shown(self, instance: M, status: int = 200, location: str = "") -> Response:
        """The answer to a write: the object as GET shows it, with its ETag."""
        data = self.get_serializer(instance).data
        headers = {"ETag": etag_of(data)} | ({"Location": location} if location else {})
        return Response(data, status=status, headers=headers)


@lru_cache(maxsize=128)
def personal_kind(serializer: Any) -> str:
    """The word for a model's rows, if a field that the serializer shows is tagged as personal data."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if model is None:
        return ""
    shown = (field.source.split(".") for field in serializer().fields.values())
    return reading.kind_of(model) if any(_is_personal(model, path) for path in shown) else ""


def _is_personal(model: Any, path: Sequence[str]) -> bool:
    for step in path:
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            return False
        if getattr(field, "pii", None):
            return True
        model = field.related_model
    return False


class ReadMixin(ExportMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """The collection in pages, as a stream, and its objects one by one."""


class UpdateMixin:
    """PUT and PATCH through a service: ``perform_update(serializer) -> instance``."""

    @transaction.atomic
    def update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        serializer = self.get_serializer(instance, data=request.data, partial=kwargs.pop("partial", False))
        serializer.is_valid(raise_exception=True)
        response: Response = self.shown(self.perform_update(serializer))
        return response

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = self.update(request, *args, **kwargs, partial=True)
        return response


class CreateMixin:
    """POST through a service: ``perform_create(serializer) -> instance``."""

    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        instance = self.perform_create(serializer)
        response: Response = self.shown(instance, status=201, location=f"{request.path}{instance.pk}/")
        return response


class DestroyMixin:
    """DELETE through a service: ``perform_destroy(instance)``."""

    @transaction.atomic
    def destroy(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.perform_destroy(self.get_object())
        return Response(status=204)


def caller(request: Request) -> User:
    """The signed-in user; permissions have seen to it that there is one."""
    return cast(User, request.user)


def with_secret(instance: M, **secret: str) -> M:
    """The object with what is shown in this answer alone."""
    for name, value in secret.items():
        setattr(instance, name, value)
    return instance
