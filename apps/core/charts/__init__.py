"""Charts drawn on the server as SVG: the same functions serve pages, e-mails and PDFs.

Each takes plain values and gives a :class:`Chart`: ``svg`` for wide places, ``narrow`` for phones, and the ``table``
that says the same in words. A value that is missing is never drawn as zero; a value outside the scale is drawn at its
edge, marked, and printed as it is.
"""

from apps.core.charts.bars import Bar, bars
from apps.core.charts.canvas import Chart, Table
from apps.core.charts.counts import Count, funnel, stacked
from apps.core.charts.dots import Dots, dots
from apps.core.charts.heat import heat_table
from apps.core.charts.radar import Series, radar
from apps.core.charts.scale import Band, Gap, Scale, Value
from apps.core.charts.sparkline import sparkline
from apps.core.charts.strip import band_scale

__all__ = [
    "Band",
    "Bar",
    "Chart",
    "Count",
    "Dots",
    "Gap",
    "Scale",
    "Series",
    "Table",
    "Value",
    "band_scale",
    "bars",
    "dots",
    "funnel",
    "heat_table",
    "radar",
    "sparkline",
    "stacked",
]
