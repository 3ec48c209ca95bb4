from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("keys", "0009_destroy_keys_of_people")]

    operations = [
        migrations.AddField("datakey", "slot", models.PositiveSmallIntegerField(db_default=1, default=1)),
        migrations.AddField("datakey", "moved_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "datakey",
            "state",
            models.CharField(
                choices=[
                    ("active", "Active"),
                    ("decrypt-only", "Decrypt Only"),
                    ("destroyed", "Destroyed"),
                    ("coming", "Coming"),
                    ("leaving", "Leaving"),
                ],
                default="active",
                max_length=15,
            ),
        ),
        migrations.AddConstraint(
            "datakey",
            models.UniqueConstraint(
                fields=["tenant", "slot"],
                condition=Q(purpose="index", unused_at=None) & ~Q(state="destroyed"),
                name="data_key_one_in_a_slot",
            ),
        ),
    ]
