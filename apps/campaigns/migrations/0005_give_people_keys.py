import django.db.models.deletion
from django.db import migrations, models

import apps.core.fields
from apps.core import sql
from apps.keys.migrating import UnderKeyOfPerson, UnderKeyOfRecipient

TAKING_PART = """
    SELECT part.id AS recipient, stakeholder.key_id FROM campaigns_participation AS part
    JOIN campaigns_stakeholder AS stakeholder ON stakeholder.id = part.stakeholder_id
"""
PEOPLE = UnderKeyOfPerson("campaigns_stakeholder", "campaigns.stakeholder", ("name", "email"))
MESSAGES = UnderKeyOfRecipient(
    "notifications_message",
    "notifications.message",
    ("address", "body"),
    people=TAKING_PART,
)


class Migration(migrations.Migration):
    """Stakeholders, and the messages to them, go under a key of each: all of a schema, or nothing."""

    dependencies = [
        ("campaigns", "0004_part_answers_from_people"),
        ("notifications", "0007_take_the_key_of_the_person"),
    ]

    operations = [
        migrations.AddField(
            "stakeholder",
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
        migrations.AlterField("stakeholder", "name", apps.core.fields.PersonNameField(pii="name", key="key")),
        migrations.AlterField("stakeholder", "email", apps.core.fields.PersonTextField(pii="contact", key="key")),
        sql.key_is_destroyed_with_row("campaigns_stakeholder"),
        migrations.RunPython(PEOPLE.forwards, PEOPLE.backwards),
        migrations.RunPython(MESSAGES.forwards, MESSAGES.backwards),
    ]
