"""What may be seen of a confidential assessment. Every page, export, explanation and endpoint asks here.

One rule: nothing that one role may see joins a person to their answers. So scores are released in steps: a release
counts at least ``least_people`` of the assessment more than the one before it and takes in all whom that one counted;
while answers come in it leaves at least as many of those out who have sent theirs, so that the last release is a full
step, too. Who is in a release before the last is drawn by lot. Of a release, a node is shown when as many people stand
behind it, and as many more than when it was last shown; a sibling is hidden with it where the parent would tell of it.
"""

from apps.models.disclosure.answers import (
    AnswersWithheld,
    blinded,
    comments_in,
    may_read_answers,
    may_read_frozen,
    names_small_groups,
    readable_responses,
    refuse_single_answers,
)
from apps.models.disclosure.explanations import SUMS, explanation_for
from apps.models.disclosure.groups import grouped, hidden_groups
from apps.models.disclosure.nodes import (
    WITHHELD,
    Shown,
    earlier_shown,
    groups_to_hide,
    nodes_shown,
    people_behind,
    questions_shown,
    withheld_from,
)
from apps.models.disclosure.releases import (
    NotReleased,
    due_release,
    is_at_its_end,
    is_final,
    is_waiting,
    runs_of,
    sent_to,
    size_of_release,
)

__all__ = [
    "SUMS",
    "WITHHELD",
    "AnswersWithheld",
    "NotReleased",
    "Shown",
    "blinded",
    "comments_in",
    "due_release",
    "earlier_shown",
    "explanation_for",
    "grouped",
    "groups_to_hide",
    "hidden_groups",
    "is_at_its_end",
    "is_final",
    "is_waiting",
    "may_read_answers",
    "may_read_frozen",
    "names_small_groups",
    "nodes_shown",
    "people_behind",
    "questions_shown",
    "readable_responses",
    "refuse_single_answers",
    "runs_of",
    "sent_to",
    "size_of_release",
    "withheld_from",
]
