from django.db import migrations, models


class Migration(migrations.Migration):
    """A message says which worker has it, so that it is free as soon as that one is dead."""

    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.AddField("message", "leased_by", models.IntegerField(blank=True, null=True))]
