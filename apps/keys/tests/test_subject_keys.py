"""One person's or one response's values are under a key of their own, which is destroyed alone."""

from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps
from django_tenants.utils import schema_context, tenant_context

from apps.core import crypto
from apps.core.fields import Model, SubjectJSONField, SubjectTextField
from apps.keys import services
from apps.keys.models import SubjectKey, key_of_subject

pytestmark = pytest.mark.requirement("SEC-DATA-001", "SEC-DATA-002")

with isolate_apps("apps.keys"):

    class Note(Model):
        key = key_of_subject()
        text = SubjectTextField(pii="answers")
        facts: "models.Field[Any, Any]" = SubjectJSONField(pii="answers", default=dict)

        class Meta:
            app_label = "keys"


def note(**fields: Any) -> Note:
    return Note(key=SubjectKey.objects.create(), **fields)


def stored(of: Note, name: str = "text") -> bytes:
    field: Any = Note._meta.get_field(name)
    return bytes(field.pre_save(of, False))


def read(of: Note, ciphertext: bytes, name: str = "text", key: SubjectKey | None = None) -> Any:
    """As it comes from the database, where only the id of the key stands beside it."""
    again = Note(pk=of.pk, key=key or SubjectKey.objects.get(pk=of.key.pk))
    again.__dict__[name] = ciphertext
    return getattr(again, name)


def test_values_come_back_under_the_key_of_their_subject(acme: Any) -> None:
    ada = note(text="Ünter 🌍", facts={"P1": [3, 48151.62342]})

    assert read(ada, stored(ada)) == "Ünter 🌍"
    assert read(ada, stored(ada, "facts"), "facts") == {"P1": [3, 48151.62342]}
    assert stored(ada)[:1] == crypto.SEALED
    assert "Ünter 🌍".encode() not in stored(ada)
    assert stored(ada) != stored(ada)


def test_a_value_opens_in_no_other_row_column_or_tenant_even_under_its_key(acme: Any, beta: Any) -> None:
    ada, bo = note(text="Ada", facts={}), note(text="Bo", facts={})
    ciphertext = stored(ada)

    for row, name, key in ((bo, "text", None), (bo, "text", ada.key), (ada, "facts", ada.key)):
        with pytest.raises(crypto.Undecryptable):
            read(row, ciphertext, name, key)
    cipher = ada.key.cipher
    with tenant_context(beta), pytest.raises(crypto.Undecryptable):
        Note._meta.get_field("text").unsealed(ciphertext, cipher, ada.pk)


@pytest.mark.parametrize("damaged", [b"\x03", b"\x03" + b"x" * 60, b"\x02" + b"x" * 60, b"Ada", b""])
def test_what_is_no_ciphertext_under_the_key_is_refused(acme: Any, damaged: bytes) -> None:
    with pytest.raises(crypto.Undecryptable):
        read(note(text="Ada"), damaged)


def test_where_the_key_is_destroyed_it_reads_as_erased_and_takes_nothing_more(acme: Any) -> None:
    ada, bo = note(text="Ada", facts={"a": 1}), note(text="Bo")
    texts, facts, other = stored(ada), stored(ada, "facts"), stored(bo)

    assert services.destroy_subject_keys([ada.key.pk]) == 1

    key = SubjectKey.objects.get(pk=ada.key.pk)
    assert (key.is_destroyed, read(ada, texts), read(ada, facts, "facts"), read(bo, other)) == (True, "", {}, "Bo")
    erased = Note(pk=ada.pk, key=key, text="", facts={})
    assert (stored(erased), stored(erased, "facts")) == (b"", b"")
    erased.text = "Ada again"
    with pytest.raises(crypto.Erased):
        stored(erased)


def test_a_key_that_is_not_there_is_no_destroyed_one(acme: Any) -> None:
    """As where a schema was restored, and the keys were not."""
    ada = note(text="Ada")
    again = Note(pk=ada.pk, key=None)
    again.__dict__["text"] = stored(ada)

    with pytest.raises(crypto.Undecryptable):
        str(again.text)


def test_a_rotation_writes_the_keys_anew_and_not_what_is_under_them(acme: Any, now: Any) -> None:
    ada = note(text="Ada")
    ciphertext, secret = stored(ada), ada.key.secret
    destroyed = SubjectKey.objects.create(secret=None)
    with schema_context("public"):
        services.rotate("acme", now=now)

    outcome = services.reencrypt("acme")

    key = SubjectKey.objects.get(pk=ada.key.pk)
    assert (outcome.written, outcome.left, outcome.failed) == (1, 0, [])
    assert (crypto._version_of(bytes(key.__dict__["secret"]))[0], key.secret) == (2, secret)
    assert read(ada, ciphertext) == "Ada"
    assert SubjectKey.objects.get(pk=destroyed.pk).is_destroyed


def test_a_key_of_one_subject_is_none_of_another(acme: Any) -> None:
    ada, bo = SubjectKey.objects.create(), SubjectKey.objects.create()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE keys_subjectkey SET secret = (SELECT secret FROM keys_subjectkey WHERE id = %s)", [ada.pk]
        )

    assert SubjectKey.objects.get(pk=ada.pk).cipher
    with pytest.raises(crypto.Undecryptable):
        _ = SubjectKey.objects.get(pk=bo.pk).cipher
    assert [str(bo.pk) in problem for problem in services.verify("acme").problems] == [True]


@pytest.mark.requirement("DB-002")
def test_a_tenant_sees_and_destroys_its_own_keys_alone(acme: Any, beta: Any) -> None:
    ours = SubjectKey.objects.create()
    with tenant_context(beta):
        theirs = SubjectKey.objects.create()

    assert services.destroy_subject_keys([ours.pk, theirs.pk]) == 1
    assert not SubjectKey.objects.filter(pk=theirs.pk).delete()[0]
    assert [one.is_destroyed for one in SubjectKey.objects.all()] == [True]
    with tenant_context(beta):
        assert [one.is_destroyed for one in SubjectKey.objects.all()] == [False]


def test_a_key_goes_with_the_row_that_leads_to_it(acme: Any) -> None:
    from apps.core.sql import key_goes_with_row

    kept, gone = SubjectKey.objects.create(), SubjectKey.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE notes (key_id uuid)")
        cursor.execute(str(key_goes_with_row("notes").sql))
        cursor.execute("INSERT INTO notes VALUES (%s), (%s), (null)", [kept.pk, gone.pk])
        cursor.execute("DELETE FROM notes WHERE key_id = %s OR key_id IS NULL", [gone.pk])

    assert [one.pk for one in SubjectKey.objects.all()] == [kept.pk]
