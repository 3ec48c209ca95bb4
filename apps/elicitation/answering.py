"""Between a judgement and its controls on a page: what stands in the form, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.elicitation import comparison_labels, judgement_values
from apps.elicitation.judgement_values import Value
from apps.elicitation.question_snapshot import AskedNode, Item

Posted = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """One field of the form: points for ``first``, or the comparison of ``first`` and ``second``."""

    name: str
    first: Item
    first_title: str
    second_title: str = ""
    about: str = ""
    value: str = ""
    groups: tuple[Group, ...] = ()
    error: str = ""


@dataclass(slots=True)
class Given:
    """What came back: the value as far as it could be read, and one sentence for each control that could not."""

    value: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


def controls(
    method: str, node: AskedNode, value: Value, language: str, errors: Mapping[str, str], posted: Posted
) -> list[Control]:
    """The form's fields, with what was given; a field with an error shows what was typed into it."""
    if method == judgement_values.AHP:
        signs = signs_of(node, value)
        return [
            _pair(place, pair, signs.get(place), language, errors.get(f"c-{place}", ""))
            for place, pair in enumerate(node.pairs)
        ]
    return [_points(child, value, language, errors.get(f"p-{child.code}", ""), posted) for child in node.children]


def _points(child: Item, value: Value, language: str, error: str, posted: Posted) -> Control:
    name = f"p-{child.code}"
    given = value["points"].get(child.code, "")
    shown = posted.get(name, "")[:20] if error else str(given)
    return Control(name, child, child.title(language), about=child.about(language), value=shown, error=error)


def _pair(place: int, pair: tuple[Item, Item], sign: int | None, language: str, error: str) -> Control:
    first, second = (item.title(language) for item in pair)
    groups = (
        Group(_("A: %(item)s") % {"item": first}, _choices("A", reversed(judgement_values.STRENGTHS[1:]), 1, sign)),
        Group(_("No difference"), _choices("", judgement_values.STRENGTHS[:1], 1, sign)),
        Group(_("B: %(item)s") % {"item": second}, _choices("B", judgement_values.STRENGTHS[1:], -1, sign)),
    )
    chosen = "" if sign is None else str(sign)
    return Control(f"c-{place}", pair[0], first, second, value=chosen, groups=groups, error=error)


def _choices(more: str, strengths: Any, direction: int, sign: int | None) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(direction * one), comparison_labels.comparison(more, one), direction * one == sign)
        for one in strengths
    )


def signs_of(node: AskedNode, value: Value) -> dict[int, int]:
    """The comparisons by place of the pair: 3 when the first matters three times as much, -3 when the second does."""
    strengths = {
        (comparison["more"], comparison["less"]): comparison["strength"] for comparison in value["comparisons"]
    }
    signs = {}
    for number, (first, second) in enumerate(node.pairs):
        if (first.code, second.code) in strengths:
            signs[number] = strengths[first.code, second.code]
        elif (second.code, first.code) in strengths:
            strength = strengths[second.code, first.code]
            signs[number] = -strength if strength > 1 else 1
    return signs


def given(method: str, node: AskedNode, posted: Posted) -> Given:
    """Read the form's fields."""
    return _given_comparisons(node, posted) if method == judgement_values.AHP else _given_points(node, posted)


def _given_points(node: AskedNode, posted: Posted) -> Given:
    found = Given({"points": {}})
    for child in node.children:
        name = f"p-{child.code}"
        text = posted.get(name, "").strip()
        if not text:
            continue
        if text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= judgement_values.BUDGET:
            found.value["points"][child.code] = int(text)
        else:
            found.errors[name] = _("Enter a whole number from 0 to 100.")
    return found


def _given_comparisons(node: AskedNode, posted: Posted) -> Given:
    comparisons_given = Given({"comparisons": []})
    sign_by_text = {str(sign): sign for strength in judgement_values.STRENGTHS for sign in (strength, -strength)}
    for number, (first, second) in enumerate(node.pairs):
        sent = posted.get(f"c-{number}", "")
        if sent in sign_by_text:
            more, less = (first, second) if sign_by_text[sent] > 0 else (second, first)
            comparison = {"more": more.code, "less": less.code, "strength": abs(sign_by_text[sent])}
            comparisons_given.value["comparisons"].append(comparison)
        elif sent:
            comparisons_given.errors[f"c-{number}"] = _("Choose one of the answers offered.")
    return comparisons_given


def gaps(method: str, node: AskedNode, value: Value, language: str) -> dict[str, str]:
    """What is still to do before the judgement is whole, by the control at which it is done."""
    if method == judgement_values.AHP:
        signs = signs_of(node, value)
        return {
            f"c-{place}": _("Not compared yet: %(first)s and %(second)s")
            % {"first": first.title(language), "second": second.title(language)}
            for place, (first, second) in enumerate(node.pairs)
            if place not in signs
        }
    left = judgement_values.BUDGET - judgement_values.total(value)
    return {f"p-{node.codes[0]}": balance(left)} if left else {}


def balance(left: int) -> str:
    """How far from 100 the points are."""
    if left > 0:
        return _("You have %(left)d of 100 points left.") % {"left": left}
    if left < 0:
        return _("That is %(over)d points too many.") % {"over": -left}
    return _("You have shared all 100 points.")


def progress(method: str, node: AskedNode, value: Value) -> tuple[int, int]:
    """How much of a node is answered, and how much there is: pairs, or points."""
    if method == judgement_values.AHP:
        return len(signs_of(node, value)), len(node.pairs)
    return judgement_values.total(value), judgement_values.BUDGET
