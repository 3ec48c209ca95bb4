from typing import Any

from django.db import migrations, models

import apps.core.fields
from apps.keys.migrating import UnderDataKey

ADDRESS = UnderDataKey("accounts_user", "email", "sealed", "accounts.user|email", index="email_index")
ALIKE = "SELECT string_agg(id::text, ', ') FROM accounts_user GROUP BY email_index HAVING count(*) > 1 LIMIT 1"


class AddressesAlike(Exception):
    """Two accounts of before have addresses that are one and the same now; whoever runs this gives one another."""

    def __init__(self, schema: str, ids: str) -> None:
        super().__init__(
            f"The accounts {ids} of {schema} have one address in two spellings. Nothing was changed. Let accounts_user "
            "have another email for one of them, with the version before, and migrate again."
        )


def refuse_alike(apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute(ALIKE)
        found = cursor.fetchone()
    if found:
        raise AddressesAlike(editor.connection.schema_name, found[0])


class Migration(migrations.Migration):
    """Addresses of accounts become ciphertext, found by a keyed digest. One transaction: all of a schema, or nothing."""

    dependencies = [("accounts", "0005_users_time_zone"), ("keys", "0003_adopt_derived_keys")]

    operations = [
        migrations.AddField(
            "user", "sealed", apps.core.fields.EncryptedTextField(null=True, pii="contact"), preserve_default=False
        ),
        migrations.AddField(
            "user", "email_index", apps.core.fields.BlindIndexField(max_length=16, of="email", null=True)
        ),
        migrations.AlterField("user", "email", apps.core.fields.EmailField(max_length=254, pii="contact", null=True)),
        migrations.RunPython(ADDRESS.forwards, ADDRESS.backwards),
        migrations.RunPython(refuse_alike, migrations.RunPython.noop),
        migrations.RemoveConstraint("user", "user_email_unique"),
        migrations.RemoveField("user", "email"),
        migrations.RenameField("user", "sealed", "email"),
        migrations.AlterField("user", "email", apps.core.fields.EncryptedTextField(pii="contact")),
        migrations.AlterField("user", "email_index", apps.core.fields.BlindIndexField(max_length=16, of="email")),
        migrations.AddConstraint("user", models.UniqueConstraint(fields=["email_index"], name="user_email_unique")),
    ]
