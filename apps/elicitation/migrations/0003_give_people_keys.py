import django.db.models.deletion
from django.db import migrations, models

import apps.core.fields
from apps.core import sql
from apps.keys.migrating import UnderKeyOfPerson, UnderKeyOfRecipient

PEOPLE = UnderKeyOfPerson("elicitation_expert", "elicitation.expert", ("name", "email"))
MESSAGES = UnderKeyOfRecipient(
    "notifications_message",
    "notifications.message",
    ("address", "body"),
    people="SELECT id AS recipient, key_id FROM elicitation_expert",
)


class Migration(migrations.Migration):
    """Experts, and the messages to them, go under a key of each: all of a schema, or nothing."""

    dependencies = [
        ("elicitation", "0002_grant_to_analysts"),
        ("notifications", "0007_take_the_key_of_the_person"),
    ]

    operations = [
        migrations.AddField(
            "expert",
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
        migrations.AlterField("expert", "name", apps.core.fields.PersonNameField(pii="name", key="key")),
        migrations.AlterField("expert", "email", apps.core.fields.PersonTextField(pii="contact", key="key")),
        sql.key_is_destroyed_with_row("elicitation_expert"),
        migrations.RunPython(PEOPLE.forwards, PEOPLE.backwards),
        migrations.RunPython(MESSAGES.forwards, MESSAGES.backwards),
    ]
