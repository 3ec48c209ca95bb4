"""What was signed for tenants by SECRET_KEY stays good, whatever becomes of that: it is kept as version 0."""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from apps.keys import providers

has_people = import_module("apps.keys.migrations.0003_adopt_derived_keys").has_people
PURPOSES = [("field", "fields"), ("index", "blind indexes"), ("signing", "links and tokens")]


def adopt(apps, schema_editor):
    """It verifies; what is signed from a few minutes after this on is signed by a key of the tenant's own."""
    keys = apps.get_model("keys", "DataKey").objects.using(schema_editor.connection.alias)
    tenants = apps.get_model("tenants", "Tenant").objects.using(schema_editor.connection.alias)
    schemas = [*tenants.values_list("schema_name", flat=True), *(["public"] if has_people(schema_editor) else [])]
    provider, now = providers.current() if schemas else None, timezone.now()
    for schema in schemas:
        keys.create(
            tenant=schema,
            purpose="signing",
            version=0,
            state="decrypt-only",
            provider=provider.name,
            wrapped=provider.wrap(settings.SECRET_KEY.encode(), f"{schema}|signing|0"),
            created_at=now,
            retired_at=now,
        )


def forget(apps, schema_editor):
    """Links that were sent meanwhile are under keys that go with this."""
    apps.get_model("keys", "DataKey").objects.using(schema_editor.connection.alias).filter(purpose="signing").delete()


class Migration(migrations.Migration):
    dependencies = [("keys", "0005_escrow_keys")]

    operations = [
        migrations.AlterField("datakey", "purpose", models.CharField(choices=PURPOSES, max_length=10)),
        migrations.RunPython(adopt, forget),
    ]
