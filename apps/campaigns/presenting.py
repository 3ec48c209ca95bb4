"""Scores as people read them: numbers, bands and charts in the reader's language."""

from collections.abc import Sequence
from urllib.parse import quote

from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.campaigns.models import Campaign
from apps.campaigns.reading import GroupProgress, Results
from apps.core.typed_numbers import shown
from apps.models.presenting import band_class, scale_of
from resimate_charts import Bar, Chart, Count, Gap, Scale, Series, Table, Value, band_scale, bars, funnel, radar


def wave_name(campaign: Campaign) -> str:
    return campaign.period or campaign.name


def hero(results: Results, language: str) -> dict[str, object]:
    """What ``components/score_card.html`` takes."""
    scale = scale_of(results.model, language)
    score = results.run.score
    before = results.previous_run.score if results.previous_run else None
    earlier = wave_name(results.previous_campaign) if results.previous_campaign else ""
    return {
        "label": results.model.root.title(language, results.model.language),
        "value": None if score is None else scale.write(score),
        "of": shown(scale.high) if scale.low == 0 else "",
        "band": "" if score is None else scale.band_name(score),
        "band_class": band_class(results.model, score),
        "delta": _delta(score, before, earlier, scale),
        "reason": _("There are too few answers for a score.") if score is None else "",
        "chart": band_scale(score, scale, title=_("Overall score"), previous=before, previous_name=earlier),
    }


def _delta(score: float | None, before: float | None, earlier: str, scale: Scale) -> str:
    if score is None or before is None:
        return ""
    change = score - before
    words = {"change": scale.write(abs(change)), "wave": earlier}
    if change > 0:
        return _("%(change)s more than in %(wave)s") % words
    return _("%(change)s less than in %(wave)s") % words if change < 0 else _("As in %(wave)s") % words


def profile(results: Results, language: str) -> Chart | None:
    dimensions = results.dimensions
    if not dimensions:
        return None
    current = Series(wave_name(results.campaign), tuple(node.value for node in dimensions))
    waves = [current]
    if results.previous_campaign and results.previous_run:
        waves.append(Series(wave_name(results.previous_campaign), tuple(node.previous for node in dimensions)))
    return radar(
        waves,
        [node.name for node in dimensions],
        scale_of(results.model, language),
        title=_("Profile of the dimensions"),
    )


def dimension_bars(results: Results, language: str) -> Chart | None:
    rows = [Bar(node.name, node.value, node.previous) for node in results.dimensions]
    if not rows:
        return None
    earlier = wave_name(results.previous_campaign) if results.previous_campaign and results.previous_run else ""
    return bars(rows, scale_of(results.model, language), title=_("Scores of the dimensions"), previous_name=earlier)


def group_bars(results: Results, language: str) -> Chart | None:
    """The groups' scores; a group that could be told apart is hatched, never drawn."""
    if not results.groups:
        return None
    rows = [
        Bar(_("%(group)s (%(raters)d)") % {"group": one.group or _("No group"), "raters": one.raters}, value)
        if (value := _shown(one.value, one.hidden)) is not Gap.HIDDEN
        else Bar(one.group or _("No group"), Gap.HIDDEN)
        for one in results.groups
    ]
    return bars(rows, scale_of(results.model, language), title=_("Overall score by group"))


def _shown(value: float | None, hidden: bool) -> Value:
    return Gap.HIDDEN if hidden else value


def progress_funnel(counts: GroupProgress) -> Chart:
    steps = [
        Count(_("Invited"), counts.invited),
        Count(_("Opened the link"), counts.opened),
        Count(_("Started"), counts.started),
        Count(_("Sent answers"), counts.submitted),
    ]
    share = _("%(submitted)d of %(invited)d have sent their answers") % {
        "submitted": counts.submitted,
        "invited": counts.invited,
    }
    return funnel(steps, title=share)


def groups_table(groups: Sequence[GroupProgress]) -> Table | None:
    """How far each group is, with the way to its people; None where there is one group alone."""
    if len(groups) < 2:
        return None
    head = (_("Group"), _("People"), _("Invited"), _("Opened"), _("Started"), _("Sent"))
    counts = ((one.people, one.invited, one.opened, one.started, one.submitted) for one in groups)
    rows = zip(map(_to_people, groups), counts, strict=True)
    return Table(_("Progress by group"), head, tuple((link, *map(str, numbers)) for link, numbers in rows))


def _to_people(progress: GroupProgress) -> str:
    group = progress.group
    return format_html('<a href="?group={}">{}</a>', quote(group), group or _("No group"))


def rows(results: Results, language: str) -> list[dict[str, object]]:
    """Every dimension and indicator as a row of text."""
    scale = scale_of(results.model, language)
    return [
        {
            "name": node.name,
            "code": node.code,
            "level": node.level,
            "score": None if node.value is None else scale.write(node.value),
            "band": "" if node.value is None else scale.band_name(node.value),
            "band_class": band_class(results.model, node.value),
            "coverage": None if node.coverage is None else round(100 * node.coverage),
            "previous": None if node.previous is None else scale.write(node.previous),
        }
        for node in results.nodes
    ]
