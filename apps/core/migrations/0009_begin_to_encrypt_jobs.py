from django.db import migrations

from apps.core.fields import EncryptedJSONField


class Migration(migrations.Migration):
    """Columns for what jobs are asked and answer; an app above, which has the keys, fills them."""

    dependencies = [("core", "0008_keep_facts_of_tenants")]

    operations = [
        migrations.AddField(
            "job", "sealed_parameters", EncryptedJSONField(blank=True, default=dict, null=True, pii="")
        ),
        migrations.AddField("job", "sealed_result", EncryptedJSONField(blank=True, null=True, pii="")),
    ]
