"""What has to be known of a tenant before its first row is written: whose answers one gets, what units are called."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from apps.campaigns.models import Participation
from apps.models.models import ReferenceSet, Subject
from resimate.copies.disguise import Disguise

ROWS_AT_ONCE: Final = 500


def answers_of(disguise: Disguise) -> dict[UUID, UUID | None]:
    """By participation: the answers of another in that campaign who has come as far, or of nobody where they are few.

    No copy says whose answers are whose (ADR 18). Who has not begun is not in it, and keeps the empty sheet.
    """
    begun: defaultdict[tuple[UUID, int, bool], list[tuple[UUID, UUID]]] = defaultdict(list)
    rows = Participation.objects.filter(response__started_at__isnull=False).order_by("pk")
    told = rows.values_list(
        "pk", "response", "response__assessment", "response__assessment__least_people", "response__submitted_at"
    )
    for participation, response, assessment, least, sent in told.iterator(ROWS_AT_ONCE):
        begun[assessment, least, sent is None].append((participation, response))
    return {one: other for (_, least, _), pairs in begun.items() for one, other in _drawn(disguise, pairs, least)}


def _drawn(disguise: Disguise, pairs: list[tuple[UUID, UUID]], least: int) -> Iterator[tuple[UUID, UUID | None]]:
    if len(pairs) < least:  # one would be told by how far they have come
        return ((one, None) for one, _ in pairs)
    people = sorted((one for one, _ in pairs), key=lambda one: disguise.mark("person drawn", one.hex, 32))
    answers = sorted((one for _, one in pairs), key=lambda one: disguise.mark("answers drawn", one.hex, 32))
    return zip(people, answers, strict=True)


def units_of() -> Mapping[str, str]:
    """What units and subjects are called: numbers in the order of their names, in which the engine adds them up."""
    names = set(Subject.objects.values_list("code", flat=True))
    for one in ReferenceSet.objects.select_related("key").order_by("pk").iterator(1):  # each may have thousands
        names.update(str(unit["id"]) for unit in one.units)
    return {name: f"u{number:06}" for number, name in enumerate(sorted(names), start=1)}
