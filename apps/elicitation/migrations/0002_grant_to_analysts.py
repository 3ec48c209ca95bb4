from django.db import migrations


class Migration(migrations.Migration):
    """Nothing is left to do: roles are written after the migrations, by ``accounts/roles.py``."""

    dependencies = [("elicitation", "0001_initial"), ("accounts", "0002_system_roles")]

    operations = []
