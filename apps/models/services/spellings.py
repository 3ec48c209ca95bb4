"""Codes and periods are names that people type: one name however it is spelt, and known spellings are kept."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Func
from django.db.models.functions import Lower

from apps.models.models import Assessment
from resimate_text.identity import folded, spelling


def form_of(field: str) -> Lower:
    """A column in the normal form, as near as the database comes to it."""
    return Lower(Func(F(field), template="normalize(%(expressions)s, NFKC)"))


def periods_spelt(wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], str]:
    """How periods are spelt, by version and as they were typed: as in its assessments, else as they come first.

    What is compared within a period must not fall apart by a capital or a blank.
    """
    typed = list(dict.fromkeys(wanted))
    forms = {folded(period) for _version, period in typed} - {""}
    spellings_by_version: dict[UUID, list[str]] = {}
    if forms:
        rows = Assessment.objects.filter(version__in={version for version, _period in typed})
        rows = rows.annotate(form=form_of("period")).filter(form__in=forms)
        for version, period in rows.order_by("period").values_list("version", "period").distinct():
            spellings_by_version.setdefault(version, []).append(period)
    spelt = {}
    for version, period in typed:
        spellings = spellings_by_version.setdefault(version, [])
        spelt[version, period] = period if period in spellings else spelling(period, spellings)
        spellings.append(spelt[version, period])
    return spelt
