"""What of a confidential assessment is released, and when."""

import secrets
from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import Refused
from apps.models.models import Assessment, Response, ScoreRun
from resimate_text.sentences import Sentence


class NotReleased(Refused):
    code = "not_released"
    status = 404
    title = "Nothing is released yet"

    def __init__(self, least: int) -> None:
        super().__init__(
            Sentence(
                "Results are shown from {least} people on, so that nobody's answers can be read from them.", least=least
            )
        )


def runs_of(assessment: Assessment) -> QuerySet[ScoreRun]:
    """The calculations of an assessment that may be seen."""
    return ScoreRun.objects.shown().filter(assessment=assessment)


def is_final(assessment: Assessment) -> bool:
    return assessment.state == Assessment.State.LOCKED


def size_of_release(submitted: int, counted: int, *, final: bool, least: int) -> int:
    """How many people the next release counts; 0 while none is due.

    >>> [size_of_release(sent, 0, final=False, least=5) for sent in (4, 5, 9, 10, 14, 15, 18)]
    [0, 0, 0, 5, 5, 10, 10]
    >>> [size_of_release(sent, 5, final=False, least=5) for sent in (14, 15)]
    [0, 10]
    >>> [size_of_release(sent, counted, final=True, least=5) for sent, counted in ((14, 5), (4, 0), (5, 0), (14, 14))]
    [14, 0, 5, 0]
    """
    size = submitted if final else least * ((submitted - least) // least)
    return size if size >= counted + least else 0


def due_release(assessment: Assessment) -> frozenset[UUID]:
    """The responses that the next release of a locked row counts, drawn by lot; none while no release is due."""
    sent = submitted(assessment)
    counted = dict(sent.values_list("pk", "is_counted"))
    earlier = [pk for pk, is_counted in counted.items() if is_counted]
    size = size_of_release(len(counted), len(earlier), final=is_final(assessment), least=assessment.least_people)
    waiting = sorted(counted.keys() - set(earlier))
    return frozenset([*earlier, *secrets.SystemRandom().sample(waiting, size - len(earlier))] if size else ())


def is_waiting(assessment: Assessment) -> bool:
    """Whether a release is due that has not been calculated."""
    counted = list(submitted(assessment).values_list("is_counted", flat=True))
    least = assessment.least_people
    return size_of_release(len(counted), sum(counted), final=is_final(assessment), least=least) > 0


def is_at_its_end(assessment: Assessment) -> bool:
    """Whether the last release is there: nothing that is seen of a confidential assessment changes any more."""
    return is_final(assessment) and not is_waiting(assessment)


def sent_to(assessment: Assessment) -> int:
    """How many people have sent their answers, whether a release counts them or not."""
    return submitted(assessment).count()


def submitted(assessment: Assessment) -> QuerySet[Response]:
    return Response.objects.filter(assessment=assessment, submitted_at__isnull=False)
