from django.db import migrations, models

from apps.core import sql

PURPOSES = [
    ("field", "fields"),
    ("index", "blind indexes"),
    ("signing", "links and tokens"),
    ("fingerprint", "fingerprints"),
]


class Migration(migrations.Migration):
    """Each schema gets a key of fingerprints; tables that are append-only let a digest become one."""

    dependencies = [("keys", "0012_say_states_in_words")]

    operations = [
        migrations.AlterField("datakey", "purpose", models.CharField(choices=PURPOSES, max_length=20)),
        sql.refuse_change_but_of_function("digest"),
        sql.refuse_change_but_of_function("input_digest"),
    ]
