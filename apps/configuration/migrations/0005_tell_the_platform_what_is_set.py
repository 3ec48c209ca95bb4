from django.db import migrations

FUNCTION = """
    CREATE OR REPLACE FUNCTION public.tell_what_is_set() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_TABLE_SCHEMA = 'public' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            DELETE FROM public.core_tenantfact WHERE id = OLD.id AND tenant = TG_TABLE_SCHEMA;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO public.core_tenantfact (id, tenant, "of", name, value, until)
            VALUES (
                NEW.id, TG_TABLE_SCHEMA, 'settings', NEW.key,
                -- Texts stay with the tenant: of them the platform learns that there is one.
                CASE WHEN jsonb_typeof(NEW.value) IN ('number', 'boolean') THEN NEW.value END, NEW.until
            );
        END IF;
        RETURN NULL;
    END $$
"""
TRIGGER = """
    CREATE TRIGGER told_to_the_platform AFTER INSERT OR UPDATE OR DELETE ON configuration_setting
        FOR EACH ROW EXECUTE FUNCTION public.tell_what_is_set()
"""
FILL = """
    INSERT INTO public.core_tenantfact (id, tenant, "of", name, value, until)
    SELECT id, current_schema(), 'settings', key,
        CASE WHEN jsonb_typeof(value) IN ('number', 'boolean') THEN value END, until
    FROM configuration_setting WHERE current_schema() <> 'public'
"""
EMPTY = """DELETE FROM public.core_tenantfact WHERE tenant = current_schema() AND "of" = 'settings'"""


class Migration(migrations.Migration):
    """What tenants have set is where the platform sees all of it at once, before it locks a key."""

    dependencies = [("configuration", "0004_encrypt_texts"), ("core", "0008_keep_facts_of_tenants")]

    operations = [
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),  # it is of all schemas, so no schema takes it away
        migrations.RunSQL(TRIGGER, "DROP TRIGGER told_to_the_platform ON configuration_setting"),
        migrations.RunSQL(FILL, EMPTY),
    ]
