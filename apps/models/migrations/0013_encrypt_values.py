from django.db import migrations

import apps.core.fields
from apps.core.fields import JSONField
from apps.keys.migrating import UnderDataKey

SEALING = UnderDataKey("resilience_assessment", "values", "sealed", "resilience.assessment|values", "jsonb")


def values(**options):
    return apps.core.fields.EncryptedJSONField(blank=True, default=dict, null=True, pii="", **options)


class Migration(migrations.Migration):
    """The measured values of assessments go under the tenant's key; all of a schema, or nothing."""

    dependencies = [("resilience", "0012_encrypt_inputs"), ("keys", "0004_give_subjects_keys")]

    operations = [
        migrations.AddField("assessment", "sealed", values()),
        migrations.AlterField("assessment", "values", JSONField(pii="", null=True)),
        migrations.RunPython(SEALING.forwards, SEALING.backwards),
        migrations.RemoveField("assessment", "values"),
        migrations.RenameField("assessment", "sealed", "values"),
    ]
