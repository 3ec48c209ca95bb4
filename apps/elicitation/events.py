"""What elicitations tell: each event with what it carries."""

from apps.core.event_types import ID, declare

ELICITATION = {"elicitation_id": ID}

declare("elicitation.opened", "Experts were asked for weights.", ELICITATION)
declare("elicitation.closed", "An elicitation takes no more judgements.", ELICITATION)
declare(
    "elicitation.applied",
    "The experts' judgements became weights of a draft.",
    {**ELICITATION, "version_id": ID},
)
