from django.db import migrations

from apps.core import sql


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial"), ("core", "0002_isolate_tenants")]

    operations = [sql.row_level_security("keys_datakey")]
