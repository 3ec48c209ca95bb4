from django.db import migrations, models

#: A process of before there were layers knows no version, so it leaves the column as it is, or out. What it writes is
#: of version 0, set by nobody known, and counted, so that processes which remember what was set look again.
FUNCTION = """
    CREATE OR REPLACE FUNCTION public.count_setting_of_before() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.version := 0;
        NEW.changed_by := '';
        INSERT INTO public.core_epoch (id, tenant, "of", number)
            VALUES (gen_random_uuid(), TG_TABLE_SCHEMA, 'settings', 1)
            ON CONFLICT (tenant, "of") DO UPDATE SET number = core_epoch.number + 1;
        RETURN NEW;
    END $$
"""
ON_INSERT = """
    CREATE TRIGGER inserted_by_a_process_of_before BEFORE INSERT ON configuration_setting
        FOR EACH ROW WHEN (NEW.version = 0) EXECUTE FUNCTION public.count_setting_of_before()
"""
ON_UPDATE = """
    CREATE TRIGGER updated_by_a_process_of_before BEFORE UPDATE ON configuration_setting
        FOR EACH ROW WHEN (NEW.version = OLD.version AND NEW.value IS DISTINCT FROM OLD.value)
        EXECUTE FUNCTION public.count_setting_of_before()
"""


class Migration(migrations.Migration):
    dependencies = [("configuration", "0002_keep_history"), ("core", "0007_count_epochs")]

    operations = [
        migrations.AlterField(
            model_name="setting",
            name="changed_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AlterField(
            model_name="setting",
            name="is_locked",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="setting",
            name="layer",
            field=models.CharField(
                choices=[("own", "Own"), ("user", "User"), ("runtime", "Runtime")],
                db_default="own",
                default="own",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="setting",
            name="version",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),  # it is of all schemas, so no schema takes it away
        migrations.RunSQL(ON_INSERT, "DROP TRIGGER inserted_by_a_process_of_before ON configuration_setting"),
        migrations.RunSQL(ON_UPDATE, "DROP TRIGGER updated_by_a_process_of_before ON configuration_setting"),
    ]
