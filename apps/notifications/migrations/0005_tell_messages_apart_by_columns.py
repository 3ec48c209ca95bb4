from django.db import migrations, models

COLUMNS = ["about_type", "about_id", "recipient_id", "kind", "occasion", "channel"]


class Migration(migrations.Migration):
    """Columns tell messages apart. Their index is made while others write: of many messages it takes its time."""

    atomic = False
    dependencies = [("notifications", "0004_read_what_keys_said")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("DROP INDEX IF EXISTS message_once", migrations.RunSQL.noop),  # of a try that failed
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY message_once ON notifications_message ({', '.join(COLUMNS)})",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    "ALTER TABLE notifications_message ADD CONSTRAINT message_once UNIQUE USING INDEX message_once",
                    "ALTER TABLE notifications_message DROP CONSTRAINT message_once",
                ),
            ],
            state_operations=[
                migrations.AddConstraint("message", models.UniqueConstraint(fields=COLUMNS, name="message_once"))
            ],
        ),
        migrations.RemoveField("message", "dedupe_key"),
    ]
