"""What a tenant may set whatever apps there are."""

from apps.configuration import zones
from apps.configuration.registry import declare, declare_rate

declare_rate("default", 1000, "Requests an hour and user to every other part of the API.")
ZONE = declare(
    zones.KEY,
    "UTC",
    {"type": "string", "maxLength": 60},
    "The zone of times on pages and in messages, by its name in the tz database, for example Europe/Berlin.",
    zones.problem_with,
)
