"""SQL that several migrations share."""

from django.conf import settings
from django.db import migrations


def tenant_role(schema: str) -> str:
    return f"{settings.DATABASE_ROLE_PREFIX}_t_{schema}"


def current_tenant_function() -> migrations.RunSQL:
    """``public.current_tenant()``: the schema whose role is active; null outside every tenant."""
    prefix = tenant_role("")
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION public.current_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN starts_with(current_user, '{prefix}') THEN substr(current_user, {len(prefix) + 1}) END
        $$
        """,
        "DROP FUNCTION public.current_tenant()",
    )


def row_level_security(table: str, column: str = "tenant") -> migrations.RunSQL:
    """A tenant's role sees and writes only its own rows of a shared table; other roles are held by their grants."""
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_rows ON {table} USING (coalesce({column} = public.current_tenant(), true));
        """,
        f"DROP POLICY own_rows ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    )


def append_only(table: str) -> migrations.RunSQL:
    """Rows are added and read, by nobody changed: not even by the owner."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
        """,
        f"DROP TRIGGER append_only ON {table}; DROP TRIGGER append_only_truncate ON {table}",
    )


def append_only_but_for_digests(table: str, column: str) -> migrations.RunSQL:
    """The same, but that a digest in this column may become a fingerprint, once."""
    trigger = "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION public.{}()"
    drop = f"DROP TRIGGER append_only ON {table}"
    return migrations.RunSQL(
        f"{drop}; {trigger.format(table, f'refuse_change_but_of_{column}')}",
        f"{drop}; {trigger.format(table, 'refuse_change')}",
    )


def refuse_change_but_of_function(column: str) -> migrations.RunSQL:
    """A digest has small letters, a fingerprint capitals: what is one already does not change any more."""
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION public.refuse_change_but_of_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            otherwise record;
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.{column} ~ '[a-f]' AND NEW.{column} ~ '^[0-9A-F]{{64}}$' THEN
                otherwise := NEW;
                otherwise.{column} := OLD.{column};
                IF otherwise IS NOT DISTINCT FROM OLD THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END $$
        """,
        f"DROP FUNCTION public.refuse_change_but_of_{column}()",
    )


def refuse_change_function() -> migrations.RunSQL:
    return migrations.RunSQL(
        """
        CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END $$
        """,
        "DROP FUNCTION public.refuse_change()",
    )


def key_goes_with_row(table: str, column: str = "key_id") -> migrations.RunSQL:
    """The key of a subject is deleted with the row that leads to it, whatever deletes that: nothing opens it then."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER key_goes_with_row AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION public.delete_subject_keys('{column}');
        """,
        f"DROP TRIGGER key_goes_with_row ON {table}",
    )


def key_is_destroyed_with_row(table: str, column: str = "key_id") -> migrations.RunSQL:
    """The key of a person is destroyed with the row that leads to it, whatever deletes that.

    It stays as a destroyed one: what there is besides, messages to them or a copy of the schema, reads as erased.
    """
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER key_is_destroyed_with_row AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION public.destroy_subject_keys('{column}');
        """,
        f"DROP TRIGGER key_is_destroyed_with_row ON {table}",
    )
