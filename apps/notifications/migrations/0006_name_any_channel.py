from django.db import migrations, models


class Migration(migrations.Migration):
    """A message names its channel; which there are is for the code to say."""

    dependencies = [("notifications", "0005_tell_messages_apart_by_columns")]

    operations = [migrations.AlterField("message", "channel", models.CharField(default="email", max_length=20))]
