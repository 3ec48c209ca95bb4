from django.db import migrations, models


class Migration(migrations.Migration):
    """Who has looked at a link, and which links are not sent again."""

    dependencies = [("campaigns", "0002_choose_reference_set")]

    operations = [
        migrations.AddField("participation", "seen_version", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("participation", "is_sealed", models.BooleanField(default=False)),
    ]
