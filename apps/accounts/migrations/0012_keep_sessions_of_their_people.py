import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import django.db.models.deletion
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone

import apps.core.fields

BATCH = 1000


def carry_along(apps: Any, editor: Any) -> None:
    """Whoever is signed in stays so. The rows of before stay for processes of before, until they are over."""
    alias = editor.connection.alias
    old, new = apps.get_model("sessions", "Session"), apps.get_model("accounts", "Session")
    known = set(apps.get_model("accounts", "User").objects.using(alias).values_list("pk", flat=True))
    live = old.objects.using(alias).filter(expire_date__gt=timezone.now())
    made = [one for row in live.iterator(BATCH) if (one := _carried(new, row)).user_id in known]
    new.objects.using(alias).bulk_create(made, batch_size=BATCH, ignore_conflicts=True)


def _carried(new: Any, row: Any) -> Any:
    said = SessionStore().decode(row.session_data)
    user = said.get("_auth_user_id")
    return new(
        id=UUID(bytes=hashlib.sha256(row.session_key.encode()).digest()[:16]),
        session_data=row.session_data,
        expire_date=row.expire_date,
        user_id=UUID(user) if user else None,
        began_at=_moment(said.get("signed_in_at")),
        last_used_at=_moment(said.get("seen_at")),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_inherit_and_deny"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("session_data", models.TextField()),
                ("expire_date", models.DateTimeField(db_index=True)),
                ("user_agent", apps.core.fields.CharField(blank=True, default="", max_length=200, pii="technical")),
                ("network", apps.core.fields.CharField(blank=True, default="", max_length=43, pii="technical")),
                ("began_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RunPython(carry_along, migrations.RunPython.noop),
    ]
