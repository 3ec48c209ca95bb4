"""What administrators are told at once of access in an emergency."""

from typing import Final

from apps.notifications.kinds import Kind, declare

EMERGENCY_ACCESS: Final[Kind] = declare(
    "emergency_access", texts="emergency/messages/emergency_access", purpose="account"
)
