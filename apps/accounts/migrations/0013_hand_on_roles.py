import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_keep_sessions_of_their_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="delegator",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="handed_on",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveConstraint(model_name="grant", name="grant_once"),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                fields=("user", "role", "object_id", "denies", "delegator"), name="grant_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delegator", None),
                    models.Q(
                        models.Q(("delegator", models.F("user")), _negated=True),
                        ("denies", False),
                        ("valid_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="grant_handed_on_to_another_for_a_time",
            ),
        ),
    ]
