"""Show a chart of :mod:`resimate_charts` in both its widths, with the table that says the same."""

from typing import Any

from django import template

from resimate_charts import Chart

register = template.Library()


@register.inclusion_tag("components/chart_with_table.html")
def chart(chart: Chart, note: str = "", plain: bool = False) -> dict[str, Any]:
    """``plain`` hides the caption where a heading beside the chart already says it."""
    return {"chart": chart, "note": note, "plain": plain}
