"""What settings tell others, in other processes and later."""

from apps.core.event_types import ID, declare

declare("setting.change_due", "The time of a planned change has come.", {"change_id": ID}, internal=True)
