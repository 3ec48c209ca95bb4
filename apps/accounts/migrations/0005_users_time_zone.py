from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_auditor_of_answers")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
    ]
