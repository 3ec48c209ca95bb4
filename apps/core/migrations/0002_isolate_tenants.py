from django.db import migrations

from apps.core import sql


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        sql.current_tenant_function(),
        sql.refuse_change_function(),
        *(
            sql.row_level_security(table)
            for table in ("core_event", "core_eventdelivery", "core_job", "core_rememberedanswer")
        ),
    ]
