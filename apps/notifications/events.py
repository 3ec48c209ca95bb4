"""What messages tell: each event with what it carries."""

from apps.core.event_types import ID, IDS, TEXT, declare

declare(
    "message.failed",
    "A message could not be delivered and will not be tried again.",
    {"message_id": ID, "kind": {**TEXT, "description": "what the message is for, such as an invitation"}},
)
declare("message.enqueued", "Messages wait to be delivered.", {"message_ids": IDS}, internal=True)
