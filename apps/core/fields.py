"""Model fields that say what personal data they hold, and the base of every model.

``pii=`` names the category (``name``, ``contact``, ``profile``, ``answers``, ``technical``); the privacy registry,
exports and erasure find the fields by it (:func:`personal_data_fields`).
"""

import json
import zlib
from base64 import b64decode, b64encode, b85decode
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from apps.core import crypto
from apps.core.tenancy import current_schema

#: How packed text begins; what was packed before is in base 85, which takes many times as long, and never begins so.
BASE64: Final = "."


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): made in Python, sorts by time."""
    return uuid7()


def random_id() -> UUID:
    """A UUID version 4: says nothing of when, or in which order, rows were made."""
    return uuid4()


class Model(models.Model):
    """The base of the models: a UUID version 7 as primary key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class PersonalDataMixin:
    """Adds ``pii=`` to a field. The tag is not part of the database's state, so migrations leave it out."""

    def __init__(self, *args: Any, pii: str, **kwargs: Any) -> None:
        self.pii = pii
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # a mixin: the field comes after it
        return name, path, args, {**kwargs, "pii": self.pii}


class CharField(PersonalDataMixin, models.CharField):  # type: ignore[type-arg]  # no parameter at run time
    pass


class TextField(PersonalDataMixin, models.TextField):  # type: ignore[type-arg]  # no parameter at run time
    pass


class EmailField(PersonalDataMixin, models.EmailField):  # type: ignore[type-arg]  # no parameter at run time
    pass


class JSONField(PersonalDataMixin, models.JSONField):
    pass


class GenericIPAddressField(PersonalDataMixin, models.GenericIPAddressField):  # type: ignore[type-arg]  # no parameter at run time
    pass


class EncryptedTextField(PersonalDataMixin, models.TextField):  # type: ignore[type-arg]  # no parameter at run time
    """Text, encrypted at rest with the tenant's active key and bound to its row.

    The attribute is plain text; the column is ``bytea``. It cannot be searched: keep a :class:`BlindIndexField` beside
    it where equality must be found. ``empty`` values are stored as they are: there is nothing to hide in them.
    """

    def get_internal_type(self) -> str:
        return "BinaryField"

    def db_type(self, connection: Any) -> str:
        return "bytea"

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        self._place = f"{cls._meta.label_lower}|{name}|"
        setattr(cls, name, _Decrypting(self))

    def get_lookup(self, lookup_name: str) -> Any:
        """No other question than whether there is something: what the database compares is ciphertext."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else bytes(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        plain = model_instance.__dict__.get(self.attname)
        if plain is None or isinstance(plain, (bytes, memoryview)):  # nothing, or what was never read
            return plain
        return self.encrypted(plain, model_instance)

    def encrypted(self, plain: Any, instance: models.Model) -> bytes:
        return crypto.encrypt(plain, schema=current_schema(), place=self.place(instance))

    def decrypted(self, stored: bytes, instance: models.Model) -> Any:
        return crypto.decrypt(stored, schema=current_schema(), place=self.place_of(instance.pk))

    def open_all(self, rows: Iterable[models.Model]) -> None:
        schema, name, pk, place = current_schema(), self.attname, self.model._meta.pk.attname, self._place
        for row in rows:
            values = row.__dict__
            stored = values.get(name)
            if isinstance(stored, bytes):
                values[name] = crypto.decrypt(stored, schema=schema, place=f"{place}{values[pk]}")

    def nothing(self) -> Any:
        """What a column says that says nothing."""
        return None

    def place(self, instance: models.Model) -> str:
        return self.place_of(instance.pk)

    def place_of(self, pk: object) -> str:
        """What the ciphertext of a row is bound to."""
        return f"{self._place}{pk}"

    def value_to_string(self, obj: Any) -> str:
        return str(getattr(obj, self.attname))


class EncryptedJSONField(EncryptedTextField):
    """A value of JSON under the tenant's key. What is its default is stored as nothing: it would tell nothing."""

    _pyi_private_set_type: Any  # what type checkers go by, as of Django's own JSONField
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"null": True, "blank": True, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        plain = model_instance.__dict__.get(self.attname)
        return None if plain == self.get_default() else super().pre_save(model_instance, add)

    def encrypted(self, plain: Any, instance: models.Model) -> bytes:
        return super().encrypted(as_json(plain), instance)

    def decrypted(self, stored: bytes, instance: models.Model) -> Any:
        return json.loads(super().decrypted(stored, instance))

    def nothing(self) -> Any:
        return self.get_default()

    def open_all(self, rows: Iterable[models.Model]) -> None:
        for row in rows:
            getattr(row, self.attname)


class Cipher(Protocol):
    """The key of a subject, as a row leads to it."""

    @property
    def is_destroyed(self) -> bool: ...

    @property
    def cipher(self) -> AESGCM:
        """Raises ``crypto.Erased``."""


class SubjectTextField(EncryptedTextField):
    """Text under the key of one person or one response, to which ``key``, a relation of the model, leads.

    Load rows with ``select_related(key)``. Once the key is destroyed, it reads as ``erased`` and takes nothing more.
    """

    def __init__(self, *args: Any, key: str = "key", **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "key": self.key}

    def encrypted(self, plain: Any, instance: models.Model) -> bytes:
        try:
            return self.sealed(plain, self._cipher(instance), instance.pk)
        except crypto.Erased:
            if plain == self.erased:  # what was read is only written back
                return b""
            raise

    def decrypted(self, stored: bytes, instance: models.Model) -> Any:
        try:
            return self.unsealed(stored, self._cipher(instance), instance.pk)
        except crypto.Erased:
            return self.erased

    def open_all(self, rows: Iterable[models.Model]) -> None:
        for row in rows:
            getattr(row, self.attname)

    def sealed(self, plain: Any, cipher: AESGCM, pk: object) -> bytes:
        return crypto.seal(self.as_text(plain), cipher, schema=current_schema(), place=self.place_of(pk))

    def unsealed(self, stored: bytes, cipher: AESGCM, pk: object) -> Any:
        return self.from_text(crypto.unseal(stored, cipher, schema=current_schema(), place=self.place_of(pk)))

    @property
    def erased(self) -> Any:
        return ""

    def as_text(self, plain: Any) -> str:
        return str(plain)

    def from_text(self, text: str) -> Any:
        return text

    def _cipher(self, instance: models.Model) -> AESGCM:
        key = self.key_of(instance)
        if key is None:
            raise crypto.Undecryptable("the key of its subject is not there")
        return key.cipher

    def key_of(self, instance: models.Model) -> Cipher | None:
        """None where there is none: it was never given one, or keys were not restored with the schema."""
        try:
            key: Cipher | None = getattr(instance, self.key)
        except ObjectDoesNotExist:
            return None
        return key


class PersonTextField(SubjectTextField):
    """Text about a person, under the key of that person; under the tenant's where the row has been given none.

    None has what processes write that know no such keys. A ciphertext says which it has.
    """

    def encrypted(self, plain: Any, instance: models.Model) -> bytes:
        if getattr(instance, f"{self.key}_id") is None:
            return EncryptedTextField.encrypted(self, plain, instance)
        return super().encrypted(plain, instance)

    def decrypted(self, stored: bytes, instance: models.Model) -> Any:
        key = self.key_of(instance)
        if stored[:1] == crypto.SEALED or (key is not None and key.is_destroyed):
            return super().decrypted(stored, instance)
        return EncryptedTextField.decrypted(self, stored, instance)


class PersonNameField(PersonTextField):
    """What a person is called. Of somebody who was erased a word is left, in the language of the reader."""

    @property
    def erased(self) -> Any:
        return _("Erased")


class SubjectJSONField(SubjectTextField):
    """A value of JSON, under the key of one person, one response or one row."""

    _pyi_private_set_type: Any  # what type checkers go by, as of Django's own JSONField
    _pyi_private_get_type: Any

    @property
    def erased(self) -> Any:
        return {}

    def as_text(self, plain: Any) -> str:
        return as_json(plain)

    def from_text(self, text: str) -> Any:
        return json.loads(text)


class PackedJSONField(SubjectJSONField):
    """The same for what may be large: compressed before, since nobody else can compress what is encrypted."""

    def as_text(self, plain: Any) -> str:
        return packed(super().as_text(plain))

    def from_text(self, text: str) -> Any:
        return super().from_text(unpacked(text))


def open_together(rows: Sequence[models.Model], names: Container[str]) -> None:
    """Decrypt what these rows of one model show, the fields of these names, in half of the time that one by one takes.

    Raises as the first reading of each does.
    """
    for field in rows[0]._meta.concrete_fields if rows else ():
        if isinstance(field, EncryptedTextField) and field.name in names:
            field.open_all(rows)


def as_json(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def packed(text: str) -> str:
    return BASE64 + b64encode(zlib.compress(text.encode(), 1)).decode()


def unpacked(text: str) -> str:
    compressed = b64decode(text[1:]) if text[:1] == BASE64 else b85decode(text)
    return zlib.decompress(compressed).decode()


class _Decrypting:
    """Decrypts at the first reading, so rows that are only listed cost nothing."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.field, self.name = field, field.attname

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        values = instance.__dict__
        if self.name not in values:
            instance.refresh_from_db(fields=[self.name])
        stored = values[self.name]
        if isinstance(stored, (bytes, memoryview)):
            values[self.name] = stored = self.field.decrypted(bytes(stored), instance)
        elif stored is None:
            values[self.name] = stored = self.field.nothing()
        return stored

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg]  # no parameter at run time
    """Keyed digest of an encrypted neighbour (``of``), by which equal values are found (``lookup.py``).

    A model has two, in ``slot`` 1 and 2: while one key follows another, each row has a digest under either. There is
    none under a key that is not in use, nor of nothing.
    """

    def __init__(self, *args: Any, of: str, slot: int = 1, **kwargs: Any) -> None:
        self.of, self.slot = of, slot
        super().__init__(*args, **{"max_length": 16, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of, **({"slot": self.slot} if self.slot > 1 else {})}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        key = crypto.index_keys(current_schema()).written.get(self.slot)
        value = getattr(model_instance, self.of)
        digest = self.digest(value, key) if key is not None and value else None
        setattr(model_instance, self.attname, digest)
        return digest

    def digest(self, value: str, key: crypto.Key) -> bytes:
        return self.digests(value, key)[0]

    def digests(self, value: str, key: crypto.Key) -> list[bytes]:
        return crypto.keyed_digests(value, key, f"{self.model._meta.label_lower}|{self.of}")


class FingerprintField(models.CharField):  # type: ignore[type-arg]  # no parameter at run time
    """What stands for content, so that equal content is found: of its digest the fingerprint (``crypto.fingerprint``).

    Digests that a process of a version before has written are replaced by the scheduler.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 64, **kwargs})


class FingerprintJSONField(models.JSONField):
    """JSON that holds such a fingerprint under the name ``part``."""

    def __init__(self, *args: Any, part: str, **kwargs: Any) -> None:
        self.part = part
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "part": self.part}


def fingerprint(digest: str) -> str:
    """That of a digest, in the tenant that the work is in."""
    return crypto.fingerprint(digest, schema=current_schema())


def personal_data_fields() -> Iterator[tuple[type[models.Model], Any, str]]:
    """Every field that is tagged as personal data: (model, field, category)."""
    for model in (one for one in apps.get_models() if not one._meta.proxy):
        for field in model._meta.get_fields():
            if category := getattr(field, "pii", None):
                yield model, field, category
