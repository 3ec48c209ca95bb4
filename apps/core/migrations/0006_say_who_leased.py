from django.db import migrations, models


class Migration(migrations.Migration):
    """A delivery says which worker has it, so that it is free as soon as that one is dead."""

    dependencies = [("core", "0005_keep_the_reach_of_jobs")]

    operations = [migrations.AddField("eventdelivery", "leased_by", models.IntegerField(blank=True, null=True))]
