"""Many scores at once: a real table whose cells carry the colour of their band and always the number."""

from collections.abc import Mapping, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from resimate_charts.scale import Gap, Scale, Value, gap_text, number_of, ramp_level


def heat_table(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[int, int], Value] | Sequence[Sequence[Value]],
    scale: Scale,
    *,
    caption: str,
) -> SafeString:
    """Return the table and its key; ``values`` by row and column, what is not there has no data."""
    head = format_html_join("", '<th scope="col" class="num">{}</th>', ((column,) for column in columns))
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        ((name, _cells(row, len(columns), values, scale)) for row, name in enumerate(rows)),
    )
    return format_html(
        '<div class="stack-s"><div class="table-wrap" role="region" tabindex="0" aria-label="{}">'
        '<table class="heat"><caption>{}</caption><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div>'
        '<p class="cluster">{}</p></div>',
        caption,
        caption,
        head,
        body,
        _key(scale),
    )


def _cells(
    row: int, columns: int, values: Mapping[tuple[int, int], Value] | Sequence[Sequence[Value]], scale: Scale
) -> SafeString:
    return format_html_join("", "{}", ((_cell(_at(values, row, column), scale),) for column in range(columns)))


def _at(values: Mapping[tuple[int, int], Value] | Sequence[Sequence[Value]], row: int, column: int) -> Value:
    if isinstance(values, Mapping):
        return values.get((row, column))
    return values[row][column] if row < len(values) and column < len(values[row]) else None


def _cell(value: Value, scale: Scale) -> SafeString:
    number = number_of(value)
    if number is None:
        css_class = "gap gap-hidden" if value is Gap.HIDDEN else "gap"
        return format_html(
            '<td class="{}"><span aria-hidden="true">&ndash;</span><span class="vh">{}</span></td>',
            css_class,
            gap_text(value),
        )
    level = scale.level(number)
    return format_html(
        '<td class="{}">{}<span class="vh"> {}</span></td>',
        f"b{level}" if level else "",
        scale.write(number),
        scale.band_name(number),
    )


def _key(scale: Scale) -> SafeString:
    bands = format_html_join(
        "",
        '<span class="badge b{}">{}</span>',
        ((ramp_level(index, len(scale.bands)), band.name) for index, band in enumerate(scale.bands)),
    )
    return format_html('{}<span class="badge gap-hidden">{}</span>', bands, _("too few answers to show"))
