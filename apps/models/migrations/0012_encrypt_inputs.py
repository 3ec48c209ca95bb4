import django.db.models.deletion
from django.db import migrations, models

import apps.core.fields
from apps.keys.migrating import UnderKeyOfRow

#: Few at a time: a reference set may have many units.
BATCH = 50
#: By model: its column, and whether rows of it may be there from before.
COLUMNS = {"referenceset": "units", "scoredunit": "unit", "scoreinput": "units"}
SEALING = {
    model: UnderKeyOfRow(f"resilience_{model}", field, "sealed", f"resilience.{model}|{field}", "jsonb", BATCH)
    for model, field in COLUMNS.items()
}


def key():
    return models.OneToOneField(
        "keys.subjectkey",
        django.db.models.deletion.DO_NOTHING,
        null=True,
        db_constraint=False,
        editable=False,
        related_name="+",
    )


def sealed(**options):
    return apps.core.fields.PackedJSONField(pii="answers", key="key", **options)


def begun(model, field):
    """The rows are append-only, for their owner too: this migration alone changes what they look like, not what they say."""
    table = f"resilience_{model}"
    off, on = (f"ALTER TABLE {table} {what} TRIGGER append_only" for what in ("DISABLE", "ENABLE"))
    return [
        migrations.AddField(model, "key", key()),
        migrations.AddField(model, "sealed", sealed(null=True)),
        migrations.AlterField(model, field, apps.core.fields.JSONField(pii="answers", null=True)),
        migrations.RunSQL(off, on),
        migrations.RunPython(SEALING[model].forwards, SEALING[model].backwards),
        migrations.RunSQL(on, off),
        migrations.RemoveField(model, field),
        migrations.RenameField(model, "sealed", field),
        migrations.AlterField(model, field, sealed()),
    ]


class Migration(migrations.Migration):
    """What went into scores, and the units of reference sets, go under a key of each row; all of a schema, or nothing."""

    dependencies = [("resilience", "0011_keep_the_least_number_of_people"), ("keys", "0004_give_subjects_keys")]

    operations = [operation for model, field in COLUMNS.items() for operation in begun(model, field)]
