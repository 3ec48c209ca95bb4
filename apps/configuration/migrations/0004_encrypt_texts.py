from typing import Any

from django.db import migrations, models

import apps.core.fields
from apps.keys.migrating import UnderDataKey

#: What is encrypted already is left as it is, and is no change of a process of before.
UPDATED = """
    DROP TRIGGER updated_by_a_process_of_before ON configuration_setting;
    CREATE TRIGGER updated_by_a_process_of_before BEFORE UPDATE ON configuration_setting
        FOR EACH ROW WHEN (NEW.version = OLD.version AND {condition})
        EXECUTE FUNCTION public.count_setting_of_before()
"""
IS_CHANGED = "NEW.value IS DISTINCT FROM OLD.value"
FILL = "UPDATE {table} SET text_of_it = {name}::text WHERE jsonb_typeof({value}) NOT IN ('number', 'boolean')"
CLEAR = "UPDATE {table} SET {name} = NULL WHERE sealed_{name} IS NOT NULL"
GIVE_BACK = """
    ALTER TABLE {table} DISABLE TRIGGER USER;
    UPDATE {table} SET {name} = text_of_it::jsonb WHERE text_of_it IS NOT NULL;
    ALTER TABLE {table} ENABLE TRIGGER USER
"""


def sealed(model: str, name: str, value: str) -> list[Any]:
    """Every value that is neither a number nor a yes or no goes into a column of its own, as ciphertext.

    ``value`` is where it stands in the column, which may be null as a whole.
    """
    table = f"configuration_{model}"
    sealing = UnderDataKey(table, "text_of_it", f"sealed_{name}", f"configuration.{model}|sealed_{name}")
    names = {"table": table, "name": name, "value": value}
    encrypted = apps.core.fields.EncryptedTextField(null=True, pii="contact")
    return [
        migrations.AlterField(model, name, models.JSONField(null=True, db_column=name)),
        migrations.RenameField(model, name, f"open_{name}"),
        migrations.AddField(model, f"sealed_{name}", encrypted),
        migrations.AddField(model, "text_of_it", models.TextField(null=True)),
        migrations.RunSQL(FILL.format(**names), GIVE_BACK.format(**names)),
        migrations.RunPython(sealing.forwards, sealing.backwards),
        migrations.RunSQL(CLEAR.format(**names), migrations.RunSQL.noop),
        migrations.RemoveField(model, "text_of_it"),
    ]


class Migration(migrations.Migration):
    """Values that may name somebody become ciphertext. One transaction: all of a schema, or nothing."""

    dependencies = [("configuration", "0003_let_older_processes_write"), ("keys", "0003_adopt_derived_keys")]

    operations = [
        migrations.RunSQL(
            UPDATED.format(condition=f"NEW.value IS NOT NULL AND {IS_CHANGED}"), UPDATED.format(condition=IS_CHANGED)
        ),
        *sealed("setting", "value", "value"),
        *sealed("change", "old", "old -> 'value'"),
        *sealed("change", "new", "new -> 'value'"),
        *sealed("plannedchange", "new", "new -> 'value'"),
    ]
