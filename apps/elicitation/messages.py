"""What experts are written."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.notifications.kinds import Kind, declare

INVITATION: Final[Kind] = declare(
    "elicitation_invitation", texts="elicitation/messages/invitation", purpose="invitation"
)
REMINDER: Final[Kind] = declare(
    "elicitation_reminder",
    texts="elicitation/messages/reminder",
    purpose="reminder",
    may_decline=_("Reminders to answer"),
)
