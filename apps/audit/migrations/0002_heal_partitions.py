from django.conf import settings
from django.db import migrations

#: Replaces the function of 0001, which only the owner could call, and which failed when the default partition held
#: entries of the month to be made. What it moves keeps its time, transaction and digest.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION public.audit_protect_partition(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', name);
    EXECUTE format('DROP TRIGGER IF EXISTS append_only_truncate ON public.%I', name);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()', name);
END $$;

CREATE FUNCTION public.audit_make_partition(first date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := 'audit_entry_' || to_char(first, 'YYYY_MM');
    low timestamptz := first::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (first + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    moved bigint;
BEGIN
    IF EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'public.audit_entry'::regclass
               AND inhrelid = to_regclass('public.' || name)) THEN
        RETURN false;
    END IF;
    -- One that was detached comes back with what it holds.
    EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I (LIKE public.audit_entry INCLUDING ALL)', name);
    -- From here to the commit nobody writes where the rows are moved from: an entry is in one place or the other.
    LOCK TABLE public.audit_entry_default IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM public.audit_entry_default WHERE recorded_at >= low AND recorded_at < high) THEN
        ALTER TABLE public.audit_entry_default DISABLE TRIGGER append_only;
        LOOP
            EXECUTE format(
                'WITH gone AS (DELETE FROM public.audit_entry_default WHERE ctid = ANY (ARRAY('
                '  SELECT ctid FROM public.audit_entry_default WHERE recorded_at >= $1 AND recorded_at < $2'
                '  LIMIT 10000)) RETURNING *) INSERT INTO public.%I SELECT * FROM gone', name) USING low, high;
            GET DIAGNOSTICS moved = ROW_COUNT;
            EXIT WHEN moved = 0;
        END LOOP;
        ALTER TABLE public.audit_entry_default ENABLE TRIGGER append_only;
    END IF;
    EXECUTE format('ALTER TABLE public.audit_entry ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   name, low, high);
    PERFORM public.audit_protect_partition(name);
    RETURN true;
END $$;

-- Of the months that the default partition holds, and of those from a moment on: how many were made.
CREATE FUNCTION public.audit_make_partitions_from(moment timestamptz, months_ahead int) RETURNS int LANGUAGE plpgsql
AS $$
DECLARE
    first date; made int := 0;
BEGIN
    LOCK TABLE public.audit_entry IN SHARE UPDATE EXCLUSIVE MODE;
    FOREACH first IN ARRAY ARRAY(
        SELECT DISTINCT date_trunc('month', recorded_at AT TIME ZONE 'UTC')::date FROM public.audit_entry_default
        UNION SELECT (date_trunc('month', moment AT TIME ZONE 'UTC') + make_interval(months => i))::date
        FROM generate_series(0, months_ahead) i ORDER BY 1
    ) LOOP
        IF public.audit_make_partition(first) THEN
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- For the runtime role, which owns nothing: it may ask for the months ahead, and for nothing else.
CREATE OR REPLACE FUNCTION public.audit_make_partitions(months_ahead int) RETURNS int LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF months_ahead NOT BETWEEN 0 AND 24 THEN
        RAISE EXCEPTION 'at most 24 months ahead' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN public.audit_make_partitions_from(clock_timestamp(), months_ahead);
END $$;

REVOKE EXECUTE ON FUNCTION public.audit_protect_partition(text), public.audit_make_partition(date),
    public.audit_make_partitions_from(timestamptz, int), public.audit_make_partitions(int) FROM PUBLIC;
"""
BACK = """
DROP FUNCTION public.audit_make_partitions_from(timestamptz, int);
DROP FUNCTION public.audit_make_partition(date);
"""


class Migration(migrations.Migration):
    """The scheduler makes partitions ahead; what fell into the default one is moved out before its month is made."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, BACK),
        migrations.RunSQL(
            f'GRANT EXECUTE ON FUNCTION public.audit_make_partitions(int) TO "{settings.DATABASES["default"]["USER"]}"',
            migrations.RunSQL.noop,
        ),
    ]
