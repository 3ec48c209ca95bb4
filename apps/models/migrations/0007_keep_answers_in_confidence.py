from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    """Which assessments are confidential, whom their releases count, and what these show."""

    dependencies = [("resilience", "0006_number_runs")]

    operations = [
        migrations.AddField("assessment", "confidential", models.BooleanField(default=False)),
        migrations.AddField("response", "is_counted", models.BooleanField(default=False)),
        migrations.AddField("scorerun", "disclosed", models.JSONField(blank=True, editable=False, null=True)),
        migrations.AlterField("answer", "comment", apps.core.fields.TextField(blank=True, pii="answers")),
        migrations.AlterField(
            "answer",
            "id",
            models.UUIDField(default=apps.core.fields.random_id, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            "response",
            "id",
            models.UUIDField(default=apps.core.fields.random_id, editable=False, primary_key=True, serialize=False),
        ),
    ]
