from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0011_encrypt_jobs")]

    operations = [
        migrations.AlterField(
            model_name="datakey",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "Active"),
                    ("decrypt-only", "Decrypt only"),
                    ("destroyed", "Destroyed"),
                    ("coming", "Coming"),
                    ("leaving", "Leaving"),
                ],
                default="active",
                max_length=15,
            ),
        ),
    ]
