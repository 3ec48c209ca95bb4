"""What a list of colleagues looks like to the API."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language

from apps.accounts import services
from apps.accounts.api.people import AttributesField
from apps.accounts.services import Person
from apps.core.api import serializers
from apps.core.api.parsers import one_of
from resimate_text.tables import Note


class PersonSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    language = serializers.CharField(max_length=10, required=False)
    attributes = AttributesField(required=False)
    roles = serializers.ListField(
        child=serializers.CharField(max_length=120), max_length=20, help_text="Codes of roles, or their names."
    )


class UserImportSerializer(serializers.Serializer[Any]):
    """People to be invited: `rows`, or `csv` with the columns email, name, language and roles (between semicolons)."""

    rows = PersonSerializer(
        many=True,
        required=False,
        allow_empty=False,
        max_length=services.MOST_IMPORTED,  # type: ignore[call-arg]  # the list's, of which the stubs do not know
    )
    csv = serializers.CharField(required=False, trim_whitespace=False)
    dry_run = serializers.BooleanField(default=False)


def people_of(asked: dict[str, Any]) -> tuple[Sequence[Person], Sequence[Note]]:
    """Who is to be invited, and what of a file was not read. Raises ``Invalid``."""
    language = get_language() or "en"
    if one_of(asked, "rows", "csv") == "csv":
        return services.people_in(asked["csv"], language=language)
    rows = enumerate(asked["rows"])
    return [Person(**{"language": language, **row, "place": f"/rows/{place}"}) for place, row in rows], []
