from django.db import migrations, models

import apps.core.fields
import apps.core.tenancy
from apps.core import sql


class Migration(migrations.Migration):
    """The platform sees by one query what all tenants say under a name."""

    dependencies = [("core", "0007_count_epochs")]

    operations = [
        migrations.CreateModel(
            name="TenantFact",
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
                ("name", models.CharField(max_length=100)),
                ("value", models.JSONField(null=True)),
                ("until", models.DateTimeField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["of", "name", "tenant"], name="tenant_fact_by_name")]},
        ),
        sql.row_level_security("core_tenantfact"),
    ]
