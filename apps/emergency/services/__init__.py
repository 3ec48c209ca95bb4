"""What can be done with emergency access: asked for, approved, begun, ended, reviewed."""

from apps.emergency.services.asking import AlreadyAsked, AskedTooOften, ask_for_access
from apps.emergency.services.deciding import (
    NotApprovable,
    NotYoursToApprove,
    approvals_of,
    approve_access,
    is_own_right,
    read_approvers,
)
from apps.emergency.services.reviewing import NotReviewable, NotYoursToReview, ask_for_review, done_in, review_access
from apps.emergency.services.telling import lacking
from apps.emergency.services.using import NotUsable, begin_access, end_access, note_revoked, running_access

__all__ = [
    "AlreadyAsked",
    "AskedTooOften",
    "NotApprovable",
    "NotReviewable",
    "NotUsable",
    "NotYoursToApprove",
    "NotYoursToReview",
    "approvals_of",
    "approve_access",
    "ask_for_access",
    "ask_for_review",
    "begin_access",
    "done_in",
    "end_access",
    "is_own_right",
    "lacking",
    "note_revoked",
    "read_approvers",
    "review_access",
    "running_access",
]
