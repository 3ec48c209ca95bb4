from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    dependencies = [("keys", "0007_count_uses")]

    operations = [
        migrations.CreateModel(
            name="OwnKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant", models.CharField(max_length=63, unique=True)),
                ("provider", models.CharField(max_length=200, unique=True)),
                ("named_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        )
    ]
