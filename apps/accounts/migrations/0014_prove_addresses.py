import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.core.fields


class Migration(migrations.Migration):
    """Other addresses that people want for their accounts, and addresses that want an account."""

    dependencies = [("accounts", "0013_hand_on_roles")]

    operations = [
        migrations.AlterField(
            "invitation",
            "invited_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            "AddressChange",
            [
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", apps.core.fields.PersonTextField(key="key", pii="contact")),
                ("asked_at", models.DateTimeField()),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="keys.subjectkey",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            "Registration",
            [
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", apps.core.fields.EncryptedTextField(pii="contact")),
                ("language", models.CharField(default="en", max_length=10)),
                ("asked_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
    ]
