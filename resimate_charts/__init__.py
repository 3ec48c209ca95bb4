"""Charts drawn on the server as SVG: the same functions serve pages, e-mails and PDFs.

Each takes plain values and gives a :class:`Chart`: ``svg`` for wide places, ``narrow`` for phones, and the ``table``
that says the same in words. A value that is missing is never drawn as zero; a value outside the scale is drawn at its
edge, marked, and printed as it is.
"""

from resimate_charts.bars import Bar, bars
from resimate_charts.canvas import Chart, Table
from resimate_charts.counts import Count, funnel, stacked
from resimate_charts.dots import Dots, dots
from resimate_charts.heat import heat_table
from resimate_charts.radar import Series, radar
from resimate_charts.scale import Band, Gap, Scale, Value
from resimate_charts.sparkline import sparkline
from resimate_charts.strip import band_scale

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
