"""Single answers and comments, for those who may read them."""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import resimate_engine as engine
from apps.accounts import authz
from apps.core.errors import Refused
from apps.models.disclosure.groups import counts_groups, hidden_groups
from apps.models.disclosure.releases import NotReleased, is_at_its_end, submitted
from apps.models.models import Assessment, ReferenceSet, Response, ResponseQuerySet
from apps.models.sealed import said
from resimate_text.identity import folded


class AnswersWithheld(Refused):
    code = "answers_withheld"
    status = 403
    title = "Single answers of a confidential campaign are not shown"


def may_read_answers(user: Any) -> bool:
    """Whether the user may read single answers under their pseudonyms: a right of its own."""
    return authz.everywhere(user, "responses:read")


def refuse_single_answers(assessment: Assessment, user: Any) -> None:
    """Single answers are for ``responses:read``, once nothing changes any more and enough people have answered.

    Earlier, two readings would tell the answers of whoever sent theirs anew in between.
    """
    if not assessment.confidential:
        return
    if not may_read_answers(user):
        raise AnswersWithheld("It takes the right to read single answers (responses:read).")
    counted = submitted(assessment).filter(is_counted=True)
    if not is_at_its_end(assessment) or counted.count() < assessment.least_people:
        raise NotReleased(assessment.least_people)


def readable_responses(assessment: Assessment, user: Any) -> ResponseQuerySet:
    """The responses that a user who may read the assessment may read; none that was never sent where it matters."""
    refuse_single_answers(assessment, user)
    rows = Response.objects.filter(assessment=assessment)
    return rows.filter(is_counted=True) if assessment.confidential else rows


def blinded(responses: Iterable[Response], assessment: Assessment) -> Iterator[Response]:
    """Responses without times, and without groups that are too small, where the assessment is confidential."""
    if not assessment.confidential:
        yield from responses
        return
    counted = submitted(assessment).filter(is_counted=True).values_list("group", flat=True)
    hidden = hidden_groups(Counter(map(folded, counted)), assessment.least_people)
    for response in responses:
        response.started_at = response.submitted_at = response.created_at = None  # type: ignore[assignment]  # blank for the reader, and never saved
        response.group = "" if folded(response.group) in hidden else response.group
        yield response


def comments_in(assessment: Assessment) -> dict[str, list[str]]:
    """The comments beside counted answers by question, drawn by lot; none where too few people answered."""
    counted = Response.objects.filter(assessment=assessment, is_counted=True).order_by("pk")
    answered: Counter[str] = Counter()
    written: dict[str, list[str]] = {}
    for (entries,) in said(counted, few_in_memory=True):
        answered.update(question for question, (value, *_) in entries.items() if value is not None)
        for question, (_, comment, _) in entries.items():
            if comment.strip():
                written.setdefault(question, []).append(comment)
    lot = secrets.SystemRandom()
    told = {code: found for code, found in written.items() if answered[code] >= assessment.least_people}
    return {code: lot.sample(found, len(found)) for code, found in told.items()}


def may_read_frozen(reference_set: ReferenceSet, user: Any, model: engine.Model) -> bool:
    """Whether the user may read what a frozen set keeps of confidential assessments, if it keeps any."""
    source = reference_set.source
    if "period" not in source:
        return True
    rows = Assessment.objects.filter(version=reference_set.version_id, period=source["period"])
    frozen = rows.filter(confidential=True).only("pk", "least_people")
    return not frozen or (may_read_answers(user) and not any(names_small_groups(one, model) for one in frozen))


def names_small_groups(assessment: Assessment, model: engine.Model) -> bool:
    """Whether what went into a score keeps groups that are too small to be named, since the score rests on them."""
    if not counts_groups(model):
        return False
    counted = submitted(assessment).filter(is_counted=True).values_list("group", flat=True)
    return bool(hidden_groups(Counter(map(folded, counted)), assessment.least_people))
