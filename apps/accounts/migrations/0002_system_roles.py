"""The system roles, in every schema: the public one, the template, and the tenants that are not made from it."""

from django.db import migrations

from apps.accounts.roles import write_system_roles


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(write_system_roles, migrations.RunPython.noop)]
