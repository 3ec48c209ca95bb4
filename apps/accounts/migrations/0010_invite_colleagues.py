import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.core.fields
import apps.notifications.kinds
from apps.core import sql


class Migration(migrations.Migration):
    """Invitations, each under a key of the person who is invited."""

    dependencies = [
        ("accounts", "0009_limit_keys_to_networks"),
        ("keys", "0013_make_fingerprints"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", apps.core.fields.PersonTextField(key="key", pii="contact")),
                ("email_index", apps.core.fields.BlindIndexField(max_length=16, null=True, of="email")),
                ("email_index_2", apps.core.fields.BlindIndexField(max_length=16, null=True, of="email", slot=2)),
                ("message", apps.core.fields.PersonTextField(blank=True, default="", key="key", pii="contact")),
                ("language", models.CharField(default="en", max_length=10)),
                ("link_version", models.PositiveSmallIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "invited_with",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.apikey",
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
                ("roles", models.ManyToManyField(related_name="+", to="accounts.role")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("email_index",),
                        name="invitation_pending_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("email_index_2",),
                        name="invitation_pending_once_2",
                    ),
                ],
            },
            bases=(apps.notifications.kinds.Addressee, models.Model),
        ),
        sql.key_is_destroyed_with_row("accounts_invitation"),
    ]
