import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_let_programs_have_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="PermissionUse",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("permission", models.CharField(max_length=120)),
                ("hour", models.DateTimeField()),
                ("times", models.PositiveIntegerField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["user", "permission", "hour"], name="permission_use_once")
                ],
            },
        ),
    ]
