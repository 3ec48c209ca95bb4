from django.db import migrations, models

import apps.models.people


class Migration(migrations.Migration):
    """Each assessment keeps the number that people were promised: five, of those that there are."""

    dependencies = [("resilience", "0010_drop_plain_answers")]

    operations = [
        migrations.AddField(
            model_name="assessment",
            name="least_people",
            field=models.PositiveSmallIntegerField(
                db_default=5, default=apps.models.people.least_people, editable=False
            ),
        ),
    ]
