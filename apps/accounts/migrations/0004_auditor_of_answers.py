from django.db import migrations

from apps.accounts.roles import write_system_roles


class Migration(migrations.Migration):
    """The role that reads single answers of confidential campaigns."""

    dependencies = [("accounts", "0003_begin_sessions_anew")]

    operations = [migrations.RunPython(write_system_roles, migrations.RunPython.noop, elidable=False)]
