from typing import Any

from django.db import migrations

#: Rows that one statement changes: a worker that settles one of them waits for a moment.
BATCH = 1000
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: By kind: what the key looked like, with groups for what it is about, the recipient and the occasion. The key of an
#: API key did not say whose it was.
FORMS = (
    ("invitation", "campaigns.campaign", "invitation", f"^campaign:({ID}):({ID}):invitation:(.+)$"),
    ("reminder", "campaigns.campaign", "reminder", f"^campaign:({ID}):({ID}):reminder:(.+)$"),
    (
        *("elicitation_invitation", "elicitation.weightelicitation", "invitation"),
        f"^elicitation:({ID}):({ID}):invitation:(.+)$",
    ),
    (
        *("elicitation_reminder", "elicitation.weightelicitation", "reminder"),
        f"^elicitation:({ID}):({ID}):reminder:(.+)$",
    ),
    ("password_forgotten", "accounts.user", "account", f"^user:(({ID})):forgotten:(.+)$"),
    ("password_changed", "accounts.user", "account", f"^user:(({ID})):password:(.+)$"),
    ("api_key_made", "accounts.apikey", "account", f"^api-key:({ID}):made()()$"),
)
LAST = (
    "SELECT max(id::text)::uuid FROM (SELECT id FROM notifications_message WHERE id > %s ORDER BY id LIMIT %s) AS next"
)
#: A key that is none of these says nothing for certain: it is kept as the occasion, whole.
FILL = f"""
    UPDATE notifications_message AS message
    SET (about_type, purpose, about_id, recipient_id, occasion) = (
        SELECT coalesce(min(about_type), ''), coalesce(min(purpose), ''),
               min(parts[1])::uuid, nullif(min(parts[2]), '')::uuid, coalesce(min(parts[3]), message.dedupe_key)
        FROM (VALUES {", ".join(["(%s, %s, %s, %s)"] * len(FORMS))}) AS form (kind, about_type, purpose, pattern),
             regexp_match(message.dedupe_key, form.pattern) AS parts
        WHERE form.kind = message.kind AND parts IS NOT NULL
    )
    WHERE id > %s AND id <= %s
"""  # noqa: S608  made of the lines above alone
UNFILL = """
    UPDATE notifications_message SET dedupe_key = CASE
        WHEN about_type = '' THEN occasion
        WHEN about_type = 'campaigns.campaign'
            THEN concat_ws(':', 'campaign', about_id, recipient_id, purpose, occasion)
        WHEN about_type = 'elicitation.weightelicitation'
            THEN concat_ws(':', 'elicitation', about_id, recipient_id, purpose, occasion)
        WHEN kind = 'password_forgotten' THEN concat_ws(':', 'user', about_id, 'forgotten', occasion)
        WHEN kind = 'password_changed' THEN concat_ws(':', 'user', about_id, 'password', occasion)
        WHEN kind = 'api_key_made' THEN concat_ws(':', 'api-key', about_id, 'made')
        ELSE concat_ws(':', about_type, about_id, recipient_id, kind, occasion, channel)
    END
    WHERE id > %s AND id <= %s
"""


def in_batches(schema_editor: Any, statement: str, parameters: list[str]) -> None:
    """Each is a transaction of its own, and does the same when it is done again."""
    after = "00000000-0000-0000-0000-000000000000"
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(LAST, [after, BATCH])
            [last] = cursor.fetchone()
            if last is None:
                return
            cursor.execute(statement, [*parameters, after, last])
            after = last


def fill(apps: Any, schema_editor: Any) -> None:
    in_batches(schema_editor, FILL, [part for form in FORMS for part in form])


def unfill(apps: Any, schema_editor: Any) -> None:
    in_batches(schema_editor, UNFILL, [])


class Migration(migrations.Migration):
    """Messages of before say by columns what their keys said; the reverse writes the keys again."""

    atomic = False
    dependencies = [("notifications", "0003_say_what_messages_are_about")]

    operations = [migrations.RunPython(fill, unfill)]
