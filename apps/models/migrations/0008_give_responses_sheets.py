import django.db.models.deletion
from django.db import migrations, models

import apps.core.fields
from apps.core import sql


class Migration(migrations.Migration):
    dependencies = [("resilience", "0007_keep_answers_in_confidence"), ("keys", "0004_give_subjects_keys")]

    operations = [
        migrations.CreateModel(
            name="AnswerSheet",
            fields=[
                (
                    "response",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sheet",
                        serialize=False,
                        to="resilience.response",
                    ),
                ),
                (
                    "key",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="keys.subjectkey",
                    ),
                ),
                ("entries", apps.core.fields.SubjectJSONField(default=dict, key="key", pii="answers")),
            ],
        ),
        sql.key_goes_with_row("resilience_answersheet"),
    ]
