import django.db.models.deletion
from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    """Messages lead to the key of whom they are to; the apps that know these people write what is there anew."""

    dependencies = [
        ("keys", "0009_destroy_keys_of_people"),
        ("notifications", "0006_name_any_channel"),
    ]

    operations = [
        migrations.AddField(
            "message",
            "key",
            models.ForeignKey(
                "keys.subjectkey",
                django.db.models.deletion.DO_NOTHING,
                null=True,
                db_constraint=False,
                editable=False,
                related_name="+",
            ),
        ),
        migrations.AlterField("message", "address", apps.core.fields.PersonTextField(pii="contact", key="key")),
        migrations.AlterField("message", "body", apps.core.fields.PersonTextField(pii="contact", key="key")),
    ]
