from django.db import migrations

# The column is the trigger's argument, since tables call it differently.
DESTROY = """
    CREATE FUNCTION public.destroy_subject_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'UPDATE public.keys_subjectkey SET secret = NULL WHERE id IN (SELECT %I FROM gone)', TG_ARGV[0]
        );
        RETURN NULL;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0008_give_tenants_keys_of_their_own")]

    operations = [migrations.RunSQL(DESTROY, "DROP FUNCTION public.destroy_subject_keys()")]
