"""Why a score is what it is, for people: the engine's explanation as charts, a tree and plain sentences.

Nothing here shows what one person answered, or from what it could be read.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.typed_numbers import shown
from apps.models import method_labels
from apps.models.disclosure import SUMS, WITHHELD
from apps.models.models import ScoreRun
from apps.models.presenting import band_class, scale_of
from resimate_charts import Bar, Chart, Scale, band_scale, bars
from resimate_charts.scale import write_share
from resimate_engine import Indicator, Model, Node, Step

MOST_BARS: Final = 24
MOST_SENTENCES: Final = 5
Explanation = Mapping[str, Any]


@dataclass(frozen=True)
class ExplainedRun:
    """One run, its explanation, and how many answered each indicator, in a reader's language."""

    run: ScoreRun
    model: Model
    explanation: Explanation
    raters: Mapping[str, int | None]
    unit_count: int
    language: str

    @cached_property
    def scale(self) -> Scale:
        return scale_of(self.model, self.language)

    @cached_property
    def summed(self) -> Mapping[str, bool]:
        """Of each node, whether it reaches the score through sums alone."""
        found = {self.model.root.code: True}
        for node in self.model.root.walk():
            sums = node.aggregation is not None and node.aggregation.name in SUMS
            found |= {child.code: found[node.code] and sums for child in node.children}
        return found

    def name(self, code: str) -> str:
        return self.model.nodes[code].title(self.language, self.model.language)

    def account(self, code: str) -> Explanation:
        account: Explanation = self.explanation["nodes"][code]
        return account

    def contribution(self, code: str) -> float | None:
        """What a node brings to the score; None where no method says so."""
        contribution: float | None = self.account(code)["contribution"]
        return contribution if self.summed[code] else None


def hero(run: ScoreRun, model: Model, language: str, next_band: Explanation | None = None) -> dict[str, Any]:
    """What ``components/score_card.html`` takes."""
    scale = scale_of(model, language)
    score = run.score
    return {
        "label": model.root.title(language, model.language),
        "value": None if score is None else scale.write(score),
        "of": shown(scale.high) if scale.low == 0 else "",
        "band": "" if score is None else scale.band_name(score),
        "band_class": band_class(model, score),
        "delta": "" if score is None or next_band is None else _to_next_band(scale, next_band),
        "reason": method_labels.reason_in_words(run.reason) if run.reason else "",
        "chart": band_scale(score, scale, title=_("Overall score")),
    }


def _to_next_band(scale: Scale, band: Explanation) -> str:
    return _("%(distance)s more to reach “%(band)s”") % {
        "distance": scale.write(band["distance"]),
        "band": scale.band_name(band["from"]),
    }


def standing(explained: ExplainedRun) -> str:
    """The rank among those compared with; empty when there is nobody else."""
    rank = explained.explanation["rank"]
    if rank is None or explained.unit_count < 2:
        return ""
    return _("%(rank)d of %(count)d") % {"rank": rank, "count": explained.unit_count}


def left_open(explained: ExplainedRun) -> str:
    """Between which scores the missing answers leave it; empty when nothing is missing."""
    root = explained.account(explained.model.root.code)
    low, high = root["low"], root["high"]
    if low is None or high is None or low == high:
        return ""
    return _("%(low)s to %(high)s") % {"low": explained.scale.write(low), "high": explained.scale.write(high)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart under its heading; ``note`` says what it leaves out, or why it shows no contributions."""

    heading: str
    chart: Chart
    note: str = ""


def charts(explained: ExplainedRun) -> list[Drawn]:
    """What the dimensions contribute, and the indicators below them; their scores where no sum tells."""
    root = explained.model.root
    parts = [child.code for child in root.children]
    below = [leaf.code for leaf in explained.model.leaves if leaf.code not in parts]
    leaves = [code for code in below if explained.contribution(code) is not None]
    heading = _("What it is made of")
    if not parts:
        return []
    if all(explained.contribution(code) is None for code in parts):
        rows = [Bar(explained.name(code), explained.account(code)["value"]) for code in parts]
        note = _("%(how)s. The score cannot be broken down by part.") % {"how": method_labels.of_node(root)}
        return [
            Drawn(heading, bars(rows, explained.scale, title=_("Scores of the parts")), note[:1].upper() + note[1:])
        ]
    drawn = [Drawn(heading, _contributions(explained, parts), _cut(parts))]
    return [*drawn, Drawn(_("Indicators"), _contributions(explained, leaves), _cut(leaves))] if leaves else drawn


def _cut(codes: Sequence[str]) -> str:
    if len(codes) <= MOST_BARS:
        return ""
    return _("The first %(shown)d of %(count)d.") % {"shown": MOST_BARS, "count": len(codes)}


def _contributions(explained: ExplainedRun, codes: Sequence[str]) -> Chart:
    """Largest first; the diamond is what a part could bring at most."""
    contributions = {code: explained.contribution(code) for code in codes}
    ordered = sorted(contributions, key=lambda code: (-(contributions[code] or 0.0), explained.name(code)))[:MOST_BARS]
    most = {code: explained.account(code)["effective_weight"] * explained.model.scale.high for code in ordered}
    ends = [*most.values(), *(contributions[code] or 0.0 for code in ordered)]
    scale = Scale(
        0.0 - _round_above(-min(0.0, *ends)), _round_above(max(ends)) or 1.0, decimals=_decimals(explained.scale)
    )
    return bars(
        [Bar(explained.name(code), contributions[code], most[code]) for code in ordered],
        scale,
        title=_title(
            explained.name(ordered[0]),
            [scale.write(contributions[code] or 0.0) for code in ordered],
            scale.write(explained.run.score or 0.0),
        ),
        value_name=_("Contribution"),
        previous_name=_("At most"),
    )


def _title(first: str, points: Sequence[str], score: str) -> str:
    """Which part contributes most; of several that are equally large, as they are written, none does.

    >>> _title("Staff", ["2.5", "2.5", "1.0"], "6.0"), _title("Staff", ["5.0", "1.0"], "6.0")
    ('What each contributes to 6.0', 'Staff contributes most: 5.0 of 6.0')
    """
    if points[:1] == points[1:2]:
        return _("What each contributes to %(score)s") % {"score": score}
    return _("%(name)s contributes most: %(points)s of %(score)s") % {
        "name": first,
        "points": points[0],
        "score": score,
    }


def _round_above(value: float) -> float:
    """Return the next number above that a scale is easily divided by; zero for zero.

    >>> _round_above(33.3), _round_above(0.05), _round_above(8.0), _round_above(0.0)
    (40.0, 0.08, 8.0, 0.0)
    """
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1, 2, 4, 8) if step * power >= value), 10 * power)


def _decimals(scale: Scale) -> int:
    return 1 if scale.high - scale.low > 10 else 3


def tree(explained: ExplainedRun) -> list[dict[str, Any]]:
    """What ``components/tree.html`` takes: every node with its score, and in words how it comes about."""
    return [_branch(explained, explained.model.root)]


def _branch(explained: ExplainedRun, node: Node) -> dict[str, Any]:
    value = explained.account(node.code)["value"]
    return {
        "name": explained.name(node.code),
        "code": node.code,
        "share": None if value is None else explained.scale.share(value),
        "share_label": _("Score"),
        "share_text": "" if value is None else explained.scale.write(value),
        "hint": " · ".join(_facts(explained, node)),
        "children": [_branch(explained, child) for child in node.children],
    }


def _facts(explained: ExplainedRun, node: Node) -> Iterator[str]:
    account = explained.account(node.code)
    yield method_labels.of_node(node)
    if account["parent"] is not None:
        yield _("weight %(weight)s") % {"weight": plain(account["weight"])}
        yield _("%(share)s of the whole") % {"share": write_share(account["effective_weight"], 1)}
        if (part := explained.contribution(node.code)) is not None:
            yield _("contributes %(points)s") % {"points": explained.scale.write(part)}
    yield from _doubts(account)


def _doubts(account: Explanation) -> Iterator[str]:
    if account["reason"]:
        yield method_labels.reason_in_words(account["reason"])
    if account["coverage"] is not None and account["coverage"] < 1:
        yield _("coverage %(share)s") % {"share": write_share(account["coverage"], 1)}
    if account["imputed"]:
        yield _("partly filled in")


def gains(explained: ExplainedRun) -> list[str]:
    """The indicators by which the score rises fastest, as sentences."""
    step = explained.model.scale.width / 10
    accounts = [(leaf.code, explained.account(leaf.code)) for leaf in explained.model.leaves]
    open_ = [
        (code, account)
        for code, account in accounts
        if (account["marginal_gain"] or 0) > 0 and (account["gap"] or 0) > 0
    ]
    ordered = sorted(open_, key=lambda item: (-item[1]["marginal_gain"], -item[1]["gap"], item[0]))
    return [
        _("Every additional %(step)s in %(name)s raises the score by about %(gain)s.")
        % {
            "step": plain(step),
            "name": explained.name(code),
            "gain": explained.scale.write(step * account["marginal_gain"]),
        }
        for code, account in ordered[:MOST_SENTENCES]
    ]


def priorities(explained: ExplainedRun) -> list[str]:
    """The indicators with the largest weighted gap to their target for the effort, as sentences."""
    return [_priority(explained, code) for code in explained.explanation["priorities"][:MOST_SENTENCES]]


def _priority(explained: ExplainedRun, code: str) -> str:
    account = explained.account(code)
    facts = {
        "name": explained.name(code),
        "gap": explained.scale.write(account["gap"]),
        "target": plain(account["target"]),
        "share": write_share(account["effective_weight"], 1),
        "points": explained.scale.write(account["weighted_gap"]),
    }
    if explained.summed[code]:
        return (
            _(
                "%(name)s is %(gap)s below its target of %(target)s and makes up %(share)s of the "
                "whole: closing the gap would add %(points)s."
            )
            % facts
        )
    return _("%(name)s is %(gap)s below its target of %(target)s and makes up %(share)s of the whole.") % facts


def steps(explained: ExplainedRun) -> list[dict[str, Any]]:
    """Of every indicator each step from what was measured or answered to its score."""
    found = [(leaf, leaf.indicator) for leaf in explained.model.leaves]
    return [_way(explained, leaf, indicator) for leaf, indicator in found if indicator is not None]


def _way(explained: ExplainedRun, leaf: Node, indicator: Indicator) -> dict[str, Any]:
    withheld = explained.account(leaf.code)["reason"] == WITHHELD
    hidden = withheld or (
        bool(indicator.questions) and (explained.raters.get(leaf.code) or 0) < explained.run.assessment.least_people
    )
    value = explained.account(leaf.code)["value"]
    values: Explanation = {} if hidden else explained.explanation["indicators"][leaf.code]
    rows = _rows(explained, leaf, indicator)
    return {
        "name": explained.name(leaf.code),
        "score": "" if value is None else explained.scale.write(value),
        "rows": [(name, how, "" if stage is None else plain(values.get(stage))) for name, how, stage in rows],
        "is_hidden": hidden,
    }


def _rows(explained: ExplainedRun, leaf: Node, indicator: Indicator) -> Iterator[tuple[str, str, str | None]]:
    """Name and words of each step that does something, and what its value is called in the explanation."""
    yield _beginning(explained, leaf, indicator)
    if indicator.denominator:
        yield _("Related"), _("divided by %(input)s") % {"input": indicator.denominator}, "denominated"
    if explained.account(leaf.code)["imputed"]:
        yield _("Filled in"), method_labels.in_words(indicator.missing), "imputed"
    if _acts(indicator.treatment):
        yield _("Treated"), method_labels.in_words(indicator.treatment), "treated"
    if _acts(indicator.transform):
        yield _("Transformed"), method_labels.in_words(indicator.transform), None
    if indicator.direction < 0:
        yield _("Turned"), _("less is better"), None
    yield _("Score"), _last_step(explained, indicator), "normalised"


def _last_step(explained: ExplainedRun, indicator: Indicator) -> str:
    if _acts(indicator.normalisation):
        return method_labels.in_words(indicator.normalisation)
    if not indicator.questions:
        return _("as it is")
    scale = explained.model.scale
    return _("answers fill the scale from %(low)s to %(high)s") % {"low": shown(scale.low), "high": shown(scale.high)}


def _acts(step: Step) -> bool:
    return step.name != "none"


def _beginning(explained: ExplainedRun, leaf: Node, indicator: Indicator) -> tuple[str, str, str]:
    if not indicator.questions:
        unit = f" ({indicator.unit})" if indicator.unit else ""
        return _("Measured"), f"{indicator.input}{unit}", "measured"
    raters = explained.raters.get(leaf.code) or 0
    number = len(indicator.questions)
    asked = ngettext("%(number)d question", "%(number)d questions", number) % {"number": number}
    answered = ngettext("%(raters)d person", "%(raters)d people", raters) % {"raters": raters}
    return _("Answered"), ", ".join((asked, answered, method_labels.in_words(indicator.rater_aggregation))), "measured"


def plain(value: float | None) -> str:
    """Write a number of any size with six digits that count, whole ones with all of theirs.

    >>> plain(69189.76), plain(0.5), plain(1234567.0), plain(None)
    ('69,189.8', '0.5', '1,234,567', '')
    """
    if value is None:
        return ""
    is_whole = float(value).is_integer() and abs(value) < 1e15
    rounded = Decimal(int(value)) if is_whole else Decimal(f"{value:.6g}").normalize()
    return str(number_format(rounded, use_l10n=True, force_grouping=True))
