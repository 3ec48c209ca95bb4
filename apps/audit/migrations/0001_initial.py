"""The audit table: partitioned by month, stamped by the database, append-only for everybody.

The application writes what happened; PostgreSQL writes when, in which transaction, and a digest of it all.
"""

from django.db import migrations, models
from django.db.models.functions import Now

import apps.core.fields
from apps.core import sql

TABLE = """
CREATE TABLE audit_entry (
    id uuid NOT NULL,
    tenant varchar(63) NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    occurred_at timestamptz NOT NULL,
    category varchar(20) NOT NULL,
    action varchar(100) NOT NULL,
    outcome varchar(10) NOT NULL,
    actor_type varchar(20) NOT NULL,
    actor varchar(40) NOT NULL,
    ip varchar(45) NOT NULL,
    user_agent varchar(200) NOT NULL,
    trace_id varchar(32) NOT NULL,
    object_type varchar(60) NOT NULL,
    object_id varchar(40) NOT NULL,
    details jsonb NOT NULL,
    schema_version smallint NOT NULL,
    xid xid8 NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX audit_entry_of_tenant ON audit_entry (tenant, recorded_at DESC);
CREATE INDEX audit_entry_of_object ON audit_entry (tenant, object_type, object_id);
CREATE INDEX audit_entry_xid ON audit_entry (xid);
CREATE TABLE audit_entry_default PARTITION OF audit_entry DEFAULT;

CREATE FUNCTION public.audit_canonical(e audit_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(jsonb_build_array(
        e.schema_version, e.id, e.tenant,
        to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        e.category, e.action, e.outcome, e.actor_type, e.actor, e.ip, e.user_agent, e.trace_id,
        e.object_type, e.object_id, e.details, e.xid::text
    )::text, 'UTF8')
$$;
CREATE FUNCTION public.audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The default has routed the row to its partition already; a time that was sent is not believed.
    IF abs(extract(epoch FROM clock_timestamp() - NEW.recorded_at)) > 1 THEN
        NEW.recorded_at := clock_timestamp();
    END IF;
    NEW.xid := pg_current_xact_id();
    NEW.digest := sha256('\\x00'::bytea || public.audit_canonical(NEW));
    RETURN NEW;
END $$;

-- Statement triggers are not inherited, so each partition gets its own against TRUNCATE.
CREATE FUNCTION public.audit_protect_partition(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', name);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()', name);
END $$;
SELECT public.audit_protect_partition('audit_entry_default');

-- A partition for each month: made ahead by the owner; until then the default partition takes the rows.
CREATE FUNCTION public.audit_make_partitions(months_ahead int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    first date; name text; made int := 0;
BEGIN
    FOR i IN 0..months_ahead LOOP
        first := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i);
        name := 'audit_entry_' || to_char(first, 'YYYY_MM');
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE public.%I PARTITION OF public.audit_entry FOR VALUES FROM (%L) TO (%L)',
                name, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            PERFORM public.audit_protect_partition(name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
SELECT public.audit_make_partitions(3);

CREATE TRIGGER stamp BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION public.audit_stamp();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("core", "0002_isolate_tenants")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TABLE, "DROP TABLE audit_entry CASCADE"),
                sql.row_level_security("audit_entry"),
                sql.append_only("audit_entry"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("tenant", models.CharField(max_length=63)),
                        ("recorded_at", models.DateTimeField(db_default=Now(), editable=False)),
                        ("occurred_at", models.DateTimeField()),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("authentication", "Authentication"),
                                    ("authorization", "Authorization"),
                                    ("data", "Data"),
                                    ("configuration", "Configuration"),
                                    ("administration", "Administration"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("action", models.CharField(max_length=100)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("success", "Success"), ("failure", "Failure"), ("denied", "Denied")],
                                default="success",
                                max_length=10,
                            ),
                        ),
                        ("actor_type", models.CharField(max_length=20)),
                        ("actor", models.CharField(blank=True, max_length=40)),
                        ("ip", apps.core.fields.CharField(blank=True, max_length=45, pii="technical")),
                        ("user_agent", apps.core.fields.CharField(blank=True, max_length=200, pii="technical")),
                        ("trace_id", models.CharField(blank=True, max_length=32)),
                        ("object_type", models.CharField(blank=True, max_length=60)),
                        ("object_id", models.CharField(blank=True, max_length=40)),
                        ("details", apps.core.fields.JSONField(default=dict, pii="technical")),
                        ("schema_version", models.PositiveSmallIntegerField(default=1)),
                    ],
                    options={
                        "db_table": "audit_entry",
                        "verbose_name_plural": "audit entries",
                    },
                ),
            ],
        ),
    ]
