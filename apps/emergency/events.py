"""What emergency access tells: each event with what it carries."""

from apps.core.event_types import ID, declare

ACCESS = {"access_id": ID, "user_id": ID}

declare("emergency.requested", "Somebody asks for access in an emergency.", ACCESS)
declare("emergency.approved", "An administrator approved access in an emergency; it takes two.", ACCESS)
declare("emergency.begun", "Access in an emergency has begun; it ends within an hour.", ACCESS)
declare("emergency.ended", "Access in an emergency was ended before its time, or called off before it began.", ACCESS)
declare("emergency.reviewed", "Somebody else has looked at what was done in an emergency.", ACCESS)
declare("emergency.review_due", "Access in an emergency is over and should be reviewed.", ACCESS, internal=True)
