from django.db import migrations


class Migration(migrations.Migration):
    """Nothing is left to do: roles are written after the migrations, by ``accounts/roles.py``."""

    dependencies = [("accounts", "0003_begin_sessions_anew")]

    operations = []
