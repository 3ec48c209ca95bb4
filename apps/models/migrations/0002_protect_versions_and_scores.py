from django.db import migrations

from apps.core import sql


class Migration(migrations.Migration):
    """A published version never changes, a score is never overwritten: the database sees to it."""

    dependencies = [("resilience", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE OR REPLACE FUNCTION public.refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF OLD.state = 'draft' THEN
                    RETURN coalesce(NEW, OLD);
                END IF;
                IF TG_OP = 'UPDATE' AND NEW.state IN ('published', 'retired')
                   AND NOT (OLD.state = 'retired' AND NEW.state = 'published')
                   AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'a published version cannot change' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE TRIGGER published_is_final BEFORE UPDATE OR DELETE ON resilience_modelversion
                FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_published();
            """,
            "DROP TRIGGER published_is_final ON resilience_modelversion",
        ),
        sql.append_only("resilience_scorerun"),
        sql.append_only("resilience_score"),
    ]
