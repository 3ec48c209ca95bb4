from django.db import migrations, models

import apps.core.fields
import apps.core.tenancy
import apps.keys.models
from apps.core import sql

# The column is the trigger's argument, since tables call it differently.
DELETE = """
    CREATE FUNCTION public.delete_subject_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('DELETE FROM public.keys_subjectkey WHERE id IN (SELECT %I FROM gone)', TG_ARGV[0]);
        RETURN NULL;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0003_adopt_derived_keys")]

    operations = [
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                ("tenant", models.CharField(default=apps.core.tenancy.current_schema, editable=False, max_length=63)),
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.random_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "secret",
                    apps.core.fields.EncryptedTextField(
                        default=apps.keys.models.new_secret, editable=False, null=True, pii=""
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["tenant", "id"], name="subject_key_by_tenant")]},
        ),
        sql.row_level_security("keys_subjectkey"),
        migrations.RunSQL(DELETE, "DROP FUNCTION public.delete_subject_keys()"),
    ]
