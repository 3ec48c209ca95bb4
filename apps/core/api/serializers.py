"""Django REST framework's serializers, strict: a key that says nothing here is an error, never passed over.

What is only read may come back as it was read, so that an object can be fetched, changed and sent as a whole. With
another value, or for a new object, it is refused: nobody shall believe that they had set it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

import orjson
from rest_framework import serializers as drf
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import (
    BaseSerializer,
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    EmailField,
    Field,
    FileField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    PrimaryKeyRelatedField,
    SerializerMethodField,
    SlugField,
    UUIDField,
    ValidationError,
)

from apps.core.api.renderers import encode
from resimate_text.identity import tidied

__all__ = [
    "NOBODYS",
    "BaseSerializer",
    "BooleanField",
    "CharField",
    "ChoiceField",
    "DateTimeField",
    "DictField",
    "EmailField",
    "ErasableSerializer",
    "Field",
    "FileField",
    "FloatField",
    "IntegerField",
    "JSONField",
    "ListField",
    "ModelSerializer",
    "NameField",
    "PrimaryKeyRelatedField",
    "Serializer",
    "SerializerMethodField",
    "SlugField",
    "UUIDField",
    "ValidationError",
]

T = TypeVar("T")
M = TypeVar("M", bound=Any)

#: What stands for the address of somebody whom nobody knows any more: it reads as an address, and is none (RFC 6761).
NOBODYS: Final = "erased@erased.invalid"

_Base: Any = drf.Serializer[Any] if TYPE_CHECKING else object


class NameField(CharField):
    """What somebody or something is called: kept without what shows nothing, so that no name is empty to the eye."""

    def run_validation(self, data: Any = drf.empty) -> Any:
        return super().run_validation(tidied(data) if isinstance(data, str) else data)


class Strict(_Base):
    """``shows`` is the serializer whose representation a client has in hands, where that is another one."""

    shows: ClassVar[Any] = None

    def to_internal_value(self, data: Any) -> Any:
        wrong = self._wrong(data) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError(
                {**wrong, **error.detail} if isinstance(error.detail, dict) else error.detail
            ) from None
        if wrong:
            raise ValidationError(wrong)
        return value

    def _wrong(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        """What was sent and says nothing here, by key."""
        taken = {name for name, field in self.fields.items() if not field.read_only}
        others = [key for key in data if key not in taken]
        if not others:
            return {}
        declared = {*self.fields, *(self.shows().fields if self.shows else ())}
        present = self._shown() if declared.intersection(others) else {}
        wrong = {}
        for key in others:
            if key not in declared:
                wrong[key] = [ErrorDetail("is not allowed here", code="unknown_key")]
            elif key not in present or present[key] != data[key]:
                wrong[key] = [ErrorDetail("is read-only and cannot be set", code="read_only")]
        return wrong

    def _shown(self) -> dict[str, Any]:
        """What the client has read of the object that it changes; nothing of a new one."""
        instance = getattr(self, "instance", None)
        if instance is None:
            return {}
        seen = self.shows(instance, context=self.context).data if self.shows else self.to_representation(instance)
        shown: dict[str, Any] = orjson.loads(encode(seen))
        return shown


class Serializer(Strict, drf.Serializer[T]):
    """The base of bodies that are no model's."""


class ModelSerializer(Strict, drf.ModelSerializer[M]):
    """The base of bodies that are a model's fields."""


class ErasableSerializer(ModelSerializer[M]):
    """Of a person who can be erased: their ``name``, ``email``, and whether they were."""

    erased = BooleanField(
        source="is_erased",
        read_only=True,
        help_text="Whether nobody knows any more who this was. The address is in .invalid then.",
    )

    def to_representation(self, instance: M) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {"email": NOBODYS} if shown["erased"] else shown
