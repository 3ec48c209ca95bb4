from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django_tenants.utils import get_public_schema_name

import apps.core.fields
from apps.core import sql
from apps.keys.migrating import UnderKeyOfPerson, UnderKeyOfRecipient

PEOPLE = UnderKeyOfPerson("accounts_user", "accounts.user", ("name", "email"))
MESSAGES = UnderKeyOfRecipient(
    "notifications_message",
    "notifications.message",
    ("address", "body"),
    people="SELECT id AS recipient, key_id FROM accounts_user",
)


def seal_messages(apps: Any, editor: Any) -> None:
    """The platform has no messages."""
    if editor.connection.schema_name != get_public_schema_name():
        MESSAGES.forwards(apps, editor)


def open_messages(apps: Any, editor: Any) -> None:
    if editor.connection.schema_name != get_public_schema_name():
        MESSAGES.backwards(apps, editor)


class Migration(migrations.Migration):
    """Accounts, and the messages to their owners, go under a key of each person: all of a schema, or nothing."""

    dependencies = [
        ("accounts", "0007_let_digests_change_keys"),
        ("keys", "0009_destroy_keys_of_people"),
        ("notifications", "0007_take_the_key_of_the_person"),
    ]

    operations = [
        migrations.AddField(
            "user",
            "key",
            models.OneToOneField(
                "keys.subjectkey",
                django.db.models.deletion.DO_NOTHING,
                null=True,
                db_constraint=False,
                editable=False,
                related_name="+",
            ),
        ),
        migrations.AlterField(
            "user", "name", apps.core.fields.PersonNameField(blank=True, default="", pii="name", key="key")
        ),
        migrations.AlterField("user", "email", apps.core.fields.PersonTextField(pii="contact", key="key")),
        sql.key_is_destroyed_with_row("accounts_user"),
        migrations.RunPython(PEOPLE.forwards, PEOPLE.backwards),
        migrations.RunPython(seal_messages, open_messages),
    ]
