from django.db import migrations

import apps.core.fields


class Migration(migrations.Migration):
    """A second column of digests, so that the key of the first one can be replaced while both are there."""

    dependencies = [("campaigns", "0005_give_people_keys")]

    operations = [
        migrations.AlterField(
            "stakeholder",
            "email_index",
            apps.core.fields.BlindIndexField(max_length=16, null=True, of="email", unique=True),
        ),
        migrations.AddField(
            "stakeholder",
            "email_index_2",
            apps.core.fields.BlindIndexField(max_length=16, null=True, of="email", slot=2, unique=True),
        ),
    ]
