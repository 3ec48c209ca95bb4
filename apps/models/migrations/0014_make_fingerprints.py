from django.db import migrations

from apps.core import sql
from apps.core.fields import FingerprintField, FingerprintJSONField
from apps.keys.migrating import Fingerprinting

#: By model: the column, and what else it is.
COLUMNS = {
    "scorerun": ("input_digest", {"db_index": True}),
    "scoreinput": ("digest", {"unique": True}),
    "scoredunit": ("digest", {"unique": True}),
    "referenceset": ("digest", {}),
}
IMPORTS = Fingerprinting("resilience_import", "made", "values")


def begun(model, column, options):
    table = f"resilience_{model}"
    return [
        sql.append_only_but_for_digests(table, column),
        migrations.AlterField(model, column, FingerprintField(**options)),
        migrations.RunPython(Fingerprinting(table, column).forwards, migrations.RunPython.noop),
    ]


class Migration(migrations.Migration):
    """Digests of what people said become fingerprints; all of a schema, or nothing.

    Back: nothing is calculated from them, but what is scored anew then is stored once more.
    """

    dependencies = [("resilience", "0013_encrypt_values"), ("keys", "0013_make_fingerprints")]

    operations = [
        *(operation for model, (column, options) in COLUMNS.items() for operation in begun(model, column, options)),
        migrations.AlterField("import", "made", FingerprintJSONField(default=dict, part="values")),
        migrations.RunPython(IMPORTS.forwards, migrations.RunPython.noop),
    ]
