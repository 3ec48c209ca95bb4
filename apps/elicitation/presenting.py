"""Weights as people read them: per cent, charts and sentences in the reader's language."""

import math
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core import typed_numbers
from apps.core.translating import translated
from apps.elicitation.judgement_values import Outcome
from apps.elicitation.models import WeightElicitation
from apps.elicitation.question_snapshot import Change
from apps.elicitation.reading import Doubtful, Judged, NodeReport
from resimate_charts import Bar, Chart, Dots, Scale, Table, bars, dots
from resimate_charts.scale import write_number, write_share


def percent(share: float) -> str:
    return write_share(share, 1, decimals=1)


def _scale(shares: Sequence[float]) -> Scale:
    """From nothing to the next fifth above the largest share, so that quarters of it are whole numbers."""
    return Scale(0, 20 * max(1, math.ceil(5 * max(shares) - 1e-9)), decimals=1)


def own_weights(judged: Judged, language: str) -> Chart:
    """One expert's weights as bars, in per cent."""
    shares = judged.outcome.weights
    rows = [Bar(child.title(language), 100 * share) for child, share in zip(judged.node.children, shares, strict=True)]
    title = _("Weights in per cent: %(node)s") % {"node": judged.node.item.title(language)}
    return bars(rows, _scale(shares), title=title, value_name=_("Weight, %"))


def weights_by_expert(report: NodeReport, language: str) -> Chart | None:
    """Every expert's weights and the combined ones, in per cent; None while there are none."""
    if report.combined is None:
        return None
    columns = list(zip(*(judged.outcome.weights for judged in report.judged), strict=True))
    rows = [
        Dots(child.title(language), tuple(100 * share for share in column), 100 * combined)
        for child, column, combined in zip(report.node.children, columns, report.combined.weights, strict=True)
    ]
    return dots(
        rows,
        [judged.expert.name for judged in report.judged],
        _scale([share for column in columns for share in column]),
        title=_("Weights in per cent, by expert"),
        person_name=_("one expert"),
        combined_name=_("combined"),
    )


def shown(report: NodeReport, language: str) -> dict[str, Any]:
    """A node's section on the page on which an elicitation is watched."""
    combined = report.combined
    return {
        "code": report.node.code,
        "title": report.node.item.title(language),
        "chart": weights_by_expert(report, language),
        "combined": combined,
        "ratio": ratio(combined.ratio if combined else None),
        "spreads": _spreads(report, combined, language) if combined else None,
        "judged": [
            {
                "expert": judged.expert,
                "ratio": ratio(judged.outcome.ratio),
                "is_inconsistent": judged.outcome.is_inconsistent,
                "doubt": doubt(judged.doubtful, language),
            }
            for judged in report.judged
        ],
    }


def _spreads(report: NodeReport, combined: Outcome, language: str) -> Table:
    """How far apart the experts are, for each child."""
    rows = zip(report.node.children, combined.weights, report.spreads, strict=True)
    return Table(
        _("How far apart the experts are: %(node)s") % {"node": report.node.item.title(language)},
        (_("Part"), _("Combined"), _("Lowest"), _("Highest"), _("Standard deviation (points)")),
        tuple(
            (child.title(language), percent(weight), percent(at.low), percent(at.high), _points(at.deviation))
            for child, weight, at in rows
        ),
    )


def _points(share: float) -> str:
    """A difference between weights, in percentage points."""
    return write_number(100 * share, 1)


def ratio(value: float | None) -> str:
    return "" if value is None else write_number(value, 2)


def doubt(found: Doubtful | None, language: str) -> str:
    """Say which comparison fits the others least, and what would fit."""
    if found is None:
        return ""
    names = {"more": found.more.title(language), "less": found.less.title(language)}
    if found.said == 1:
        said = _("“%(more)s” matters as much as “%(less)s”") % names
    else:
        said = _("“%(more)s” matters %(times)s times as much as “%(less)s”") % {
            **names,
            "times": typed_numbers.shown(found.said),
        }
    fitting = write_number(found.fitting, 1)
    return _("%(said)s; the other answers suggest %(fitting)s times.") % {"said": said, "fitting": fitting}


def change(found: Change) -> str:
    """Say how a node of a draft differs from what experts were asked about."""
    return translated(found.in_words)


def status_kind(elicitation: WeightElicitation) -> str:
    """The badge's colour."""
    return {"open": "success", "closed": "info"}.get(elicitation.status, "")
