import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    """What is set has layers, and a history from now on: what was set before is of version 0."""

    dependencies = [
        ("configuration", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveBigIntegerField()),
                ("key", models.CharField(max_length=100)),
                (
                    "layer",
                    models.CharField(
                        choices=[("own", "Own"), ("user", "User"), ("runtime", "Runtime")], default="own", max_length=10
                    ),
                ),
                ("user", models.UUIDField(blank=True, null=True)),
                ("old", models.JSONField(null=True)),
                ("new", models.JSONField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(blank=True, default="", max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="PlannedChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=100)),
                (
                    "layer",
                    models.CharField(
                        choices=[("own", "Own"), ("user", "User"), ("runtime", "Runtime")], default="own", max_length=10
                    ),
                ),
                ("user", models.UUIDField(blank=True, null=True)),
                ("new", models.JSONField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a second person"),
                            ("scheduled", "Scheduled"),
                            ("applied", "Applied"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(blank=True, default="", max_length=40)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=40)),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="setting",
            name="changed_by",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="setting",
            name="is_locked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="setting",
            name="layer",
            field=models.CharField(
                choices=[("own", "Own"), ("user", "User"), ("runtime", "Runtime")], default="own", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="setting",
            name="until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="setting",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="setting",
            name="version",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="setting",
            name="key",
            field=models.CharField(max_length=100),
        ),
        migrations.AddConstraint(
            model_name="setting",
            constraint=models.UniqueConstraint(
                fields=("key", "layer", "user"), name="setting_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="setting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("layer", "user"), ("user__isnull", False)),
                    models.Q(models.Q(("layer", "user"), _negated=True), ("user", None)),
                    _connector="OR",
                ),
                name="setting_of_a_user_names_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="setting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("layer", "runtime"), ("until__isnull", False)),
                    models.Q(models.Q(("layer", "runtime"), _negated=True), ("until", None)),
                    _connector="OR",
                ),
                name="setting_at_run_time_ends",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["key", "version"], name="change_of_key"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                fields=("version", "key", "layer", "user"), name="change_once_a_version", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="plannedchange",
            index=models.Index(
                condition=models.Q(("state", "scheduled")), fields=["starts_at"], name="planned_change_due"
            ),
        ),
    ]
