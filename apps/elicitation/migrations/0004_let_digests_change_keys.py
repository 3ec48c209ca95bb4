from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    """A second column of digests, so that the key of the first one can be replaced while both are there."""

    dependencies = [("elicitation", "0003_give_people_keys")]

    operations = [
        migrations.AlterField(
            "expert", "email_index", apps.core.fields.BlindIndexField(max_length=16, null=True, of="email")
        ),
        migrations.AddField(
            "expert", "email_index_2", apps.core.fields.BlindIndexField(max_length=16, null=True, of="email", slot=2)
        ),
        migrations.AddConstraint(
            "expert",
            models.UniqueConstraint(fields=["elicitation", "email_index_2"], name="expert_once_per_elicitation_2"),
        ),
    ]
