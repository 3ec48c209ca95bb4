from django.db import migrations

from apps.core import sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial"), ("core", "0002_isolate_tenants")]

    operations = [
        sql.row_level_security("tenants_tenant", "schema_name"),
        migrations.RunSQL(
            """
            ALTER TABLE tenants_domain ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own_rows ON tenants_domain USING (public.current_tenant() IS NULL OR EXISTS (
                SELECT FROM tenants_tenant t WHERE t.id = tenant_id AND t.schema_name = public.current_tenant()
            ));
            """,
            "DROP POLICY own_rows ON tenants_domain; ALTER TABLE tenants_domain DISABLE ROW LEVEL SECURITY",
        ),
    ]
