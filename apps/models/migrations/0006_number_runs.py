from django.db import migrations, models

#: Runs are append-only: the trigger rests while those there are get their numbers. The latest run comes last.
NUMBER = """
    ALTER TABLE resilience_scorerun DISABLE TRIGGER append_only;
    UPDATE resilience_scorerun run SET number = numbered.number FROM (
        SELECT r.id, row_number() OVER (
            PARTITION BY r.assessment_id ORDER BY r.id IS NOT DISTINCT FROM a.latest_run_id, r.calculated_at, r.id
        ) AS number
        FROM resilience_scorerun r JOIN resilience_assessment a ON a.id = r.assessment_id
    ) numbered WHERE numbered.id = run.id;
    ALTER TABLE resilience_scorerun ENABLE TRIGGER append_only;
"""


class Migration(migrations.Migration):
    """The runs of an assessment follow one another: two cannot both be the next one."""

    dependencies = [("resilience", "0005_keep_units_of_waves")]

    operations = [
        migrations.AddField("scorerun", "number", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "scorerun", models.UniqueConstraint(fields=["assessment", "number"], name="run_follows_one_other")
        ),
    ]
