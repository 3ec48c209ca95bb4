"""Where ciphertext is: the encrypted columns of a schema, and what is under which key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db.models import BinaryField, Case, F, Func, Model, QuerySet, Value, When
from django.db.models.lookups import Exact
from django_tenants.utils import get_public_schema_name

from apps.core import crypto
from apps.core.fields import (
    BlindIndexField,
    EncryptedTextField,
    FingerprintField,
    FingerprintJSONField,
    PersonTextField,
    SubjectTextField,
)
from apps.core.lookup import blind_indexes
from apps.core.models import TenantRow
from apps.tenants.routers import TenantRouter

#: How that begins which is under the key of a person, or nothing any more; all else is under the tenant's.
OF_PERSONS: Final = (crypto.SEALED, b"")


@dataclass(frozen=True, slots=True)
class Column:
    """An encrypted field of a model, in the schema that the work is in."""

    model: type[Model]
    field: EncryptedTextField

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    def rows(self, schema: str) -> QuerySet[Any]:
        """The rows of this schema that hold something under a data key, with how each ciphertext begins (``head``), its
        ``header``.
        """
        rows: QuerySet[Any] = self.model._base_manager.filter(**{f"{self.field.attname}__isnull": False})
        if issubclass(self.model, TenantRow):
            rows = rows.filter(tenant=schema)
        size = len(crypto.header_of(1))
        head = Func(F(self.field.attname), 1, size, function="SUBSTRING", output_field=BinaryField())
        unversioned = Value(crypto.UNVERSIONED, BinaryField())
        rows = rows.annotate(first=self._first)
        rows = rows.annotate(
            head=head, header=Case(When(Exact(F("first"), unversioned), unversioned), default=F("head"))
        )
        if isinstance(self.field, PersonTextField):
            rows = rows.exclude(first__in=OF_PERSONS)
        return rows.order_by("pk")

    @property
    def _first(self) -> Func:
        return Func(F(self.field.attname), 1, 1, function="SUBSTRING", output_field=BinaryField())

    def elsewhere(self, schema: str, version: int) -> QuerySet[Any]:
        """The rows that are under another key than this version."""
        return self.rows(schema).exclude(head=crypto.header_of(version))

    def under(self, schema: str, version: int) -> QuerySet[Any]:
        """The rows that are under this version of the key."""
        header = crypto.header_of(version)
        head = Func(F(self.field.attname), 1, len(header), function="SUBSTRING", output_field=BinaryField())
        rows: QuerySet[Any] = self.rows(schema).annotate(head=head)
        return rows.filter(head=header)

    def of_subjects(self) -> QuerySet[Any]:
        """The rows that have the key of a subject, with that; of people those that are under it."""
        field = self.field
        assert isinstance(field, SubjectTextField)  # noqa: S101  one of ``columns_of_subjects``
        rows: QuerySet[Any] = self.model._base_manager.select_related(field.key).order_by("pk")
        rows = rows.only(field.attname, field.key)
        if not isinstance(field, PersonTextField):
            return rows
        rows = rows.exclude(**{field.key: None}).annotate(first=self._first)
        return rows.filter(first__in=OF_PERSONS)

    def place(self, pk: Any) -> str:
        return self.field.place_of(pk)


def columns(schema: str) -> Iterator[Column]:
    """Those under the data keys of a schema, or in part; of a table that tenants share, the rows of this one."""
    for model, field in _encrypted(schema):
        if not isinstance(field, SubjectTextField) or isinstance(field, PersonTextField):
            yield Column(model, field)


def columns_of_subjects(schema: str) -> Iterator[Column]:
    """Those under keys of subjects: no rotation writes them."""
    for model, field in _encrypted(schema):
        if isinstance(field, SubjectTextField):
            yield Column(model, field)


@dataclass(frozen=True, slots=True)
class Digests:
    """The two columns of digests of an encrypted field, by their slots, in the schema that the work is in."""

    model: type[Model]
    field: EncryptedTextField
    slots: Mapping[int, BlindIndexField]

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    def rows(self) -> QuerySet[Any]:
        """The rows, with what is in both columns and what opens the field that they are of."""
        names = [self.field.attname, *(one.attname for one in self.slots.values())]
        rows: QuerySet[Any] = self.model._base_manager.order_by("pk")
        if isinstance(self.field, SubjectTextField):
            return rows.select_related(self.field.key).only(*names, self.field.key)
        return rows.only(*names)

    def having(self, slot: int) -> QuerySet[Any]:
        """The rows that have a digest in this slot."""
        return self.rows().filter(**{f"{self.slots[slot].attname}__isnull": False})

    def lacking(self, slot: int) -> QuerySet[Any]:
        """The rows that have a digest in the other slot alone."""
        return self.having(other(slot)).filter(**{f"{self.slots[slot].attname}__isnull": True})


def other(slot: int) -> int:
    return 3 - slot


def digests(schema: str) -> Iterator[Digests]:
    for model, field in _encrypted(schema):
        if slots := blind_indexes(model, field.name):
            yield Digests(model, field, slots)


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """A column of fingerprints, or of JSON that holds one under the name ``part``."""

    model: type[Model]
    column: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.column}"


def fingerprints(schema: str) -> Iterator[Fingerprints]:
    for model in apps.get_models():
        if _is_in(model, schema):
            for field in model._meta.concrete_fields:
                if isinstance(field, FingerprintField | FingerprintJSONField):
                    yield Fingerprints(model, str(field.column), getattr(field, "part", ""))


def _encrypted(schema: str) -> Iterator[tuple[type[Model], EncryptedTextField]]:
    for model in apps.get_models():
        if _is_in(model, schema):
            for field in model._meta.get_fields():
                if isinstance(field, EncryptedTextField):
                    yield model, field


def _is_in(model: type[Model], schema: str) -> bool:
    if model._meta.proxy:  # its table is another's
        return False
    installed = settings.SHARED_APPS if schema == get_public_schema_name() else settings.TENANT_APPS
    return issubclass(model, TenantRow) or bool(TenantRouter().app_in_list(model._meta.app_label, installed))
