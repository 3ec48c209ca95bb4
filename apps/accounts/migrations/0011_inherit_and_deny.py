import django.db.models.deletion
from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_invite_colleagues"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inheritance",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.role"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.role"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["child", "parent"], name="inheritance_once"),
                    models.CheckConstraint(
                        condition=models.Q(("child", models.F("parent")), _negated=True), name="inheritance_of_another"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="role",
            name="parents",
            field=models.ManyToManyField(
                blank=True, related_name="children", through="accounts.Inheritance", to="accounts.role"
            ),
        ),
        migrations.AddField(
            model_name="grant", name="denies", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(model_name="grant", name="valid_from", field=models.DateTimeField(blank=True, null=True)),
        migrations.RemoveConstraint(model_name="grant", name="grant_once"),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                fields=("user", "role", "object_id", "denies"), name="grant_once", nulls_distinct=False
            ),
        ),
    ]
