from django.db import migrations, models


class Migration(migrations.Migration):
    """People of before decline nothing."""

    dependencies = [("accounts", "0020_keep_attributes_of_people")]

    operations = [migrations.AddField("user", "declined", models.JSONField(blank=True, null=True))]
