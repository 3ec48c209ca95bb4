from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0006_adopt_the_secret_key")]

    operations = [
        migrations.AddField("datakey", "values", models.PositiveBigIntegerField(blank=True, null=True)),
        migrations.AddField("datakey", "counted_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("datakey", "written", models.PositiveBigIntegerField(db_default=0, default=0)),
        migrations.AddField("datakey", "seen_writes", models.PositiveBigIntegerField(db_default=0, default=0)),
    ]
