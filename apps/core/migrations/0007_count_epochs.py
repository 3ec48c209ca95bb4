from django.db import migrations, models

import apps.core.fields
import apps.core.tenancy
from apps.core import sql


class Migration(migrations.Migration):
    """What processes remember has a number, by which they see that it has changed."""

    dependencies = [("core", "0006_say_who_leased")]

    operations = [
        migrations.CreateModel(
            name="Epoch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tenant",
                    models.CharField(default=apps.core.tenancy.current_schema, editable=False, max_length=63),
                ),
                ("of", models.CharField(max_length=40)),
                ("number", models.PositiveBigIntegerField(default=0)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("tenant", "of"), name="epoch_once")]},
        ),
        sql.row_level_security("core_epoch"),
    ]
