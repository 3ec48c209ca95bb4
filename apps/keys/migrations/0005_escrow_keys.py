from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0004_give_subjects_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecoveryKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fingerprint", models.CharField(max_length=32, unique=True)),
                ("public", models.TextField()),
                ("added_at", models.DateTimeField()),
                ("drilled_at", models.DateTimeField(blank=True, null=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="datakey",
            name="data_key_is_gone_once_destroyed",
        ),
        migrations.AddField(
            model_name="datakey",
            name="escrow",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddConstraint(
            model_name="datakey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("destroyed_at__isnull", False), ("escrow", {}), ("state", "destroyed"), ("wrapped", b"")),
                    models.Q(
                        models.Q(("state", "destroyed"), _negated=True), models.Q(("wrapped", b""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="data_key_is_gone_once_destroyed",
            ),
        ),
    ]
