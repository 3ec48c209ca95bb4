from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What waits, or is written by processes of the version before, waits in the default queue."""

    dependencies = [("core", "0010_drop_plain_jobs")]

    operations = [
        migrations.AddField(
            "eventdelivery", "queue", models.CharField(max_length=20, default="default", db_default="default")
        ),
        migrations.AddIndex(
            "eventdelivery",
            models.Index(fields=["queue", "due_at"], condition=Q(state="pending"), name="event_delivery_due_in_queue"),
        ),
    ]
