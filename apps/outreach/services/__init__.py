"""What can be done with people outside and their personal links. One module a noun; callers see one list."""

from apps.outreach.services.erasing import erase, refuse_erased
from apps.outreach.services.links import locked_holder, note_opened, replace_link, revoke_link, show_link
from apps.outreach.services.messages import (
    day_of,
    invite,
    present_drafts,
    remind,
    send_links,
    unreminded,
    withdraw_reminders,
    write,
)

__all__ = [
    "day_of",
    "erase",
    "invite",
    "locked_holder",
    "note_opened",
    "present_drafts",
    "refuse_erased",
    "remind",
    "replace_link",
    "revoke_link",
    "send_links",
    "show_link",
    "unreminded",
    "withdraw_reminders",
    "write",
]
