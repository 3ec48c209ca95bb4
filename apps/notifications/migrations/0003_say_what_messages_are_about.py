from django.db import migrations, models


def empty(length: int) -> "models.CharField[str, str]":
    return models.CharField(blank=True, default="", max_length=length)


class Migration(migrations.Migration):
    """A message says by columns what it is about, for whom and why."""

    dependencies = [("notifications", "0002_say_who_leased")]

    operations = [
        migrations.AlterField("message", "dedupe_key", models.CharField(max_length=200, null=True, unique=True)),
        migrations.AddField("message", "purpose", empty(30), preserve_default=False),
        migrations.AddField("message", "about_type", empty(60), preserve_default=False),
        migrations.AddField("message", "about_id", models.UUIDField(blank=True, null=True)),
        migrations.AddField("message", "recipient_id", models.UUIDField(blank=True, null=True)),
        migrations.AddField("message", "occasion", empty(200), preserve_default=False),
    ]
