from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    """A second column of digests, so that the key of the first one can be replaced while both are there."""

    dependencies = [("accounts", "0006_encrypt_addresses")]

    operations = [
        migrations.AlterField(
            "user", "email_index", apps.core.fields.BlindIndexField(max_length=16, null=True, of="email")
        ),
        migrations.AddField(
            "user", "email_index_2", apps.core.fields.BlindIndexField(max_length=16, null=True, of="email", slot=2)
        ),
        migrations.AddConstraint("user", models.UniqueConstraint(fields=["email_index_2"], name="user_email_unique_2")),
    ]
