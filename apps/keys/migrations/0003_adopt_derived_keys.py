"""Tenants of before keys were stored keep those that were derived for them, as version 0."""

from django.conf import settings
from django.db import migrations
from django.utils import timezone

from apps.keys.providers.local import LocalKeyring

#: Whoever has an account has a name that is encrypted; a platform that is only being made has no table of them yet.
HAS_PEOPLE = "SELECT to_regclass('public.accounts_user') IS NOT NULL"
PEOPLE = "SELECT EXISTS (SELECT FROM public.accounts_user)"


def adopt(apps, schema_editor):
    """What is written from now on is under a new key; the digests of blind indexes stay under the derived one."""
    keys = apps.get_model("keys", "DataKey").objects.using(schema_editor.connection.alias)
    tenants = apps.get_model("tenants", "Tenant").objects.using(schema_editor.connection.alias)
    schemas = [*tenants.values_list("schema_name", flat=True), *(["public"] if has_people(schema_editor) else [])]
    keyring, now = LocalKeyring(settings.ENCRYPTION_KEY) if schemas else None, timezone.now()
    for schema in schemas:
        for purpose, state, retired_at in (("field", "decrypt-only", now), ("index", "active", None)):
            keys.create(
                tenant=schema,
                purpose=purpose,
                version=0,
                state=state,
                provider=keyring.name,
                wrapped=keyring.wrap(keyring.version_0(schema, purpose), f"{schema}|{purpose}|0"),
                created_at=now,
                retired_at=retired_at,
            )


def has_people(schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(HAS_PEOPLE)
        (is_there,) = cursor.fetchone()
        if is_there:
            cursor.execute(PEOPLE)
            (is_there,) = cursor.fetchone()
    return is_there


class Migration(migrations.Migration):
    dependencies = [("keys", "0002_isolate_tenants"), ("tenants", "0002_isolate_tenants")]

    # Back: what was written meanwhile is under keys that go with their table.
    operations = [migrations.RunPython(adopt, migrations.RunPython.noop)]
