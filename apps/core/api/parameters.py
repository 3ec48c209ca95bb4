"""What the query of an address may hold. What is not declared is refused, and so is what comes twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.negotiation import DefaultContentNegotiation

from apps.core.api import serializers
from apps.core.api.moments import MomentField
from apps.core.errors import Invalid, Problem
from resimate_text.pointers import pointer

KINDS: dict[type, type] = {
    serializers.UUIDField: UUID,
    serializers.DateTimeField: datetime,
    serializers.BooleanField: bool,
    serializers.IntegerField: int,
}
PAGING = frozenset({"page_size", "cursor"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query; ``field`` says which texts it takes, and reads them.

    Where it narrows a list, ``finds`` is the look-up of the rows that stay (the name itself, when absent), or a
    function that leaves them of a queryset.
    """

    name: str
    field: serializers.Field[Any, Any, Any, Any]
    finds: str | Callable[[Any, Any], Any] = ""
    about: str = ""

    def narrow(self, queryset: Any, value: Any) -> Any:
        if callable(self.finds):
            return self.finds(queryset, value)
        return queryset.filter(**{self.finds or self.name: value})

    def described(self) -> OpenApiParameter:
        choices = list(getattr(self.field, "choices", {})) or None
        kind = next((kind for field, kind in KINDS.items() if isinstance(self.field, field)), str)
        return OpenApiParameter(self.name, kind, enum=choices, description=self.about)


def text(name: str, finds: str | Callable[[Any, Any], Any] = "", about: str = "") -> Parameter:
    return Parameter(name, serializers.CharField(allow_blank=True, trim_whitespace=False), finds, about)


def an_id(name: str, finds: str | Callable[[Any, Any], Any] = "", about: str = "") -> Parameter:
    return Parameter(name, serializers.UUIDField(), finds, about)


def choice(name: str, choices: Sequence[str], finds: str = "", about: str = "") -> Parameter:
    return Parameter(name, serializers.ChoiceField(choices), finds, about)


def yes_or_no(name: str, finds: str = "", about: str = "") -> Parameter:
    return Parameter(name, serializers.BooleanField(), finds, about)


def moment(name: str, finds: str, about: str) -> Parameter:
    return Parameter(name, MomentField(), finds, about)


def read_query(
    query: QueryDict, parameters: Sequence[Parameter], others: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the values by name. Raises ``Invalid`` that points at each name which is unknown, repeated, or wrong.

    ``others`` are known, too, and read elsewhere.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    problems = []
    for name in query:
        texts = query.getlist(name)
        if name not in declared and name not in others:
            problems.append(_problem(name, "is not allowed here", "unknown_parameter"))
        elif len(texts) > 1:
            problems.append(_problem(name, "comes more than once", "repeated_parameter"))
        elif name in declared:
            try:
                values[name] = declared[name].field.run_validation(texts[0])
            except serializers.ValidationError as error:
                problems.append(_problem(name, _first(error.detail), "invalid"))
    if problems:
        raise Invalid("The query has parameters that this address does not accept.", errors=problems)
    return values


def _problem(name: str, detail: str, code: str) -> Problem:
    return Problem(pointer(name), detail, code)


def _first(detail: Any) -> str:
    return str(detail[0]) if isinstance(detail, list) else str(detail)


class Negotiation(DefaultContentNegotiation):
    """``?format=`` chooses where there is a choice; an unknown format is an error of the query."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Compare nothing where there is one renderer and the client takes JSON or anything, as nearly all do."""
        first = renderers[0]
        if len(renderers) == 1 and request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", first.media_type):
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        chosen = [one for one in renderers if one.format == format]
        if chosen or len(renderers) == 1:  # where there is no choice, the parameter is unknown and refused as such
            return chosen or renderers
        problem = _problem("format", f"takes {', '.join(one.format for one in renderers)}", "invalid")
        raise Invalid("There is no such format.", errors=[problem])
