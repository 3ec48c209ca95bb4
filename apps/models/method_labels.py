"""The methods of the calculation in words, for people who read a resilience model."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.typed_numbers import shown
from resimate_engine import Node, Step

Words = str | Promise

AGGREGATION: dict[str, Words] = {
    "arithmetic_mean": _("weighted mean of its parts"),
    "geometric_mean": _("geometric mean: a weak part weighs heavily"),
    "harmonic_mean": _("harmonic mean: a weak part weighs very heavily"),
    "power_mean": _("power mean of its parts, exponent {exponent}"),
    "median": _("the median of its parts"),
    "min": _("its weakest part"),
    "max": _("its strongest part"),
    "sum": _("sum of its parts"),
    "product": _("product of its parts"),
    "owa": _("mean weighted by the rank of the parts, from best to worst"),
    "min_penalised": _("mean of its parts, drawn towards the weakest"),
    "gated": _("weighted mean, capped when a critical part is below {threshold}"),
    "maturity": _("the highest level reached with all levels below it"),
    "formula": _("formula: {expression}"),
    "copeland": _("ranking by pairwise comparison (Copeland)"),
    "borda": _("ranking by points for each rank (Borda)"),
    "kemeny": _("the ranking with the fewest contradictions (Kemeny)"),
}
NORMALISATION: dict[str, Words] = {
    "goalposts": _("between the goalposts {low} and {high}"),
    "min_max": _("between the lowest and the highest of all"),
    "z_score": _("in standard deviations from the mean of all"),
    "distance_to_target": _("distance to the target {target}"),
    "distance_to_max": _("distance to the best of all"),
    "distance_to_reference": _("distance to {reference}"),
    "ratio_to_reference": _("ratio to {reference}"),
    "fraction_of_max": _("share of the best of all"),
    "rank": _("rank among all"),
    "borda": _("points for the rank among all"),
    "percentile_rank": _("percentile among all"),
    "categorical": _("in classes"),
    "above_below_mean": _("above, near or below the mean of all"),
    "value_function": _("by a value function"),
}
RATERS: dict[str, Words] = {
    "mean": _("mean of all raters"),
    "median": _("median of the raters"),
    "trimmed_mean": _("mean without the extremes"),
    "by_group": _("mean of the groups' means"),
}
MISSING: dict[str, Words] = {
    "skip": _("left out; the others count for more"),
    "constant": _("filled in with {value}"),
    "mean": _("filled in with the mean of all"),
    "median": _("filled in with the median of all"),
    "group_mean": _("filled in with the mean of its group"),
    "group_median": _("filled in with the median of its group"),
    "sibling_mean": _("filled in with the mean of the other parts"),
    "last_observation": _("filled in with the earlier observation"),
    "worst": _("filled in with the worst possible value"),
    "best": _("filled in with the best possible value"),
}
TREATMENT: dict[str, Words] = {
    "winsorise": _("up to {max_points} of the most extreme values limited"),
    "percentile_winsorise": _("limited to the percentiles {low} and {high} of all"),
    "box_cox": _("Box-Cox transformation, lambda {lambda_}"),
}
TRANSFORM: dict[str, Words] = {
    "ln": _("natural logarithm"),
    "log10": _("logarithm to the base 10"),
    "sqrt": _("square root"),
}
TABLES = {
    "aggregation": AGGREGATION,
    "normalisation": NORMALISATION,
    "rater_aggregation": RATERS,
    "missing": MISSING,
    "treatment": TREATMENT,
    "transform": TRANSFORM,
}
REASONS: dict[str, Words] = {
    "missing": _("nothing was measured or answered"),
    "not_applicable": _("does not apply"),
    "nothing_present": _("none of its parts have a value"),
    "below_min_coverage": _("too few of its parts are known"),
    "missing_child": _("one of its parts has no value"),
    "weights_not_defined": _("the data give no weights"),
    "not_positive": _("the method takes only positive values"),
    "outside_domain": _("the value is outside the range of the method"),
    "no_denominator": _("there is nothing to divide by"),
    "not_defined": _("the method gives no value for this"),
    "withheld": _("not shown, so that nobody's answers can be worked out"),
}


def in_words(step: Step) -> str:
    """Say a step in words; a method that this table does not know says its name."""
    words = TABLES.get(step.place, {}).get(step.name)
    if words is None:
        return step.name.replace("_", " ")
    return str(words).format(**{name: _short(value) for name, value in step.parameters.items()})


def _short(value: Any) -> str:
    return shown(value) if type(value) in (int, float) else str(value)


def reason_in_words(reason: str) -> str:
    """Say why something has no value; a reason that the table does not know says its name."""
    return str(REASONS.get(reason, reason.replace("_", " ")))


def of_node(node: Node) -> str:
    """Say how a node comes to its value."""
    if node.aggregation is not None:
        return in_words(node.aggregation)
    indicator = node.indicator
    if indicator is None:
        return ""
    if indicator.questions:
        return in_words(indicator.rater_aggregation)
    measured = f"{indicator.input} ({indicator.unit})" if indicator.unit else str(indicator.input)
    steps = [in_words(step) for step in (indicator.transform, indicator.normalisation) if step.name != "none"]
    return ", ".join([measured, *steps])
