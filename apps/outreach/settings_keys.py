"""What a tenant may set about personal links."""

from apps.configuration.registry import declare

PER_LINK = declare(
    "campaign.rate.link",
    1200,
    {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    "Requests an hour through one personal link.",
)
