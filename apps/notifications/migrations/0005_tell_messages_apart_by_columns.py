from django.db import migrations, models

COLUMNS = ["about_type", "about_id", "recipient_id", "kind", "occasion", "channel"]
TABLE = "notifications_message"


class Migration(migrations.Migration):
    """Columns tell messages apart. Their index is made while others write: of many messages it takes its time.

    It is no transaction, so it may end anywhere: each step does the same when it is done again.
    """

    atomic = False
    dependencies = [("notifications", "0004_read_what_keys_said")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS message_once",
                        "DROP INDEX IF EXISTS message_once",
                    ],
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY message_once ON {TABLE} ({', '.join(COLUMNS)})",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    f"ALTER TABLE {TABLE} ADD CONSTRAINT message_once UNIQUE USING INDEX message_once",
                    f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS message_once",
                ),
                migrations.RunSQL(
                    f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS dedupe_key",
                    [
                        f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS dedupe_key varchar(200) UNIQUE",
                        f"CREATE INDEX IF NOT EXISTS {TABLE}_dedupe_key_like ON {TABLE}"
                        " (dedupe_key varchar_pattern_ops)",
                    ],
                ),
            ],
            state_operations=[
                migrations.AddConstraint("message", models.UniqueConstraint(fields=COLUMNS, name="message_once")),
                migrations.RemoveField("message", "dedupe_key"),
            ],
        ),
    ]
