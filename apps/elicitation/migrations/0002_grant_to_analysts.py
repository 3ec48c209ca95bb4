from django.db import migrations

from apps.accounts.roles import write_system_roles


class Migration(migrations.Migration):
    dependencies = [("elicitation", "0001_initial"), ("accounts", "0002_system_roles")]

    operations = [migrations.RunPython(write_system_roles, migrations.RunPython.noop, elidable=False)]
