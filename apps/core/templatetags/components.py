"""Small markup that repeats: icons, navigation links, the summary of a form's errors."""

from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from apps.core import clock_times, degraded, navigation
from apps.core.pages import may_open
from apps.core.panels import panels_at
from apps.core.scripts import imported_by
from apps.core.translating import translated
from apps.core.typed_numbers import shown

register = template.Library()
register.filter("translated", translated)
register.filter("exact", shown)
register.filter("moment", clock_times.long)
register.filter("moment_short", clock_times.short)


@register.simple_tag
def icon(name: str, css_class: str = "icon") -> SafeString:
    """Draw a symbol of ``static/icons/sprite.svg``; it is decoration, so words must stand beside it."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        css_class,
        static("icons/sprite.svg"),
        name or "info",
    )


@register.filter
def theme(request: Any) -> str:
    """The theme that was chosen on this host, as ``static/js/theme.js`` keeps it; ``auto`` where none was."""
    chosen = getattr(request, "COOKIES", {})
    return chosen.get("__Host-theme") or chosen.get("theme") or "auto"


@register.simple_tag
def module(name: str) -> SafeString:
    """Load a module of ``static/``; the browser asks for what it imports at the same time, and for sheets before."""
    link = '<link rel="modulepreload" href="{}" fetchpriority="low">'
    needed = format_html_join("", link, ((static(one),) for one in imported_by(name)))
    return format_html('{}<script type="module" src="{}"></script>', needed, static(name))


@register.simple_tag(takes_context=True)
def nav_link(context: template.Context, path: str, label: str, *also: str) -> SafeString:
    """Link to a section and mark the one that the current page belongs to; paths in ``also`` lie in it too."""
    here = getattr(context.get("request"), "path", "")
    inside = here == path or (path != "/" and here.startswith((path, *also)))
    return format_html('<li><a href="{}"{}>{}</a></li>', path, _current(here == path) if inside else "", label)


@register.simple_tag(takes_context=True)
def nav_sections(context: template.Context) -> SafeString:
    """Link to every section that an app declares, and that lets in who asks."""
    shown = (one for one in navigation.sections() if may_open(context.get("request"), one.path))
    links = ((nav_link(context, one.path, str(one.label), *one.further),) for one in shown)
    return format_html_join("\n", "{}", links)


@register.simple_tag(takes_context=True, name="may_open")
def may_open_page(context: template.Context, route: str, *arguments: object) -> bool:
    """Whether a link to a page leads the reader anywhere: ``{% may_open "toys:paint" toy.pk as may_paint %}``."""
    return may_open(context.get("request"), reverse(route, args=arguments))


def _current(exactly: bool) -> SafeString:
    return format_html(' aria-current="{}"', "page" if exactly else "true")


@register.filter
def unbroken(text: Any) -> SafeString:
    """A heading whose words with a hyphen stay in one line: ``sign-in``. Long ones may still be broken.

    >>> unbroken("Approve sign-ins")
    'Approve <span class="nowrap">sign-ins</span>'
    """
    words = [SafeString(one) for one in conditional_escape(text).split(" ")]
    kept = (
        format_html('<span class="nowrap">{}</span>', one) if "-" in one and len(one) < 20 else one for one in words
    )
    return format_html_join(" ", "{}", ((one,) for one in kept))


@register.simple_tag(takes_context=True)
def panels(context: template.Context, place: str, subject: Any) -> SafeString:
    """Draw what apps above the page's own show at a place of it."""
    return format_html_join("", "{}", ((shown,) for shown in panels_at(place, context["request"], subject)))


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """List every error of the form, each linked to its field."""
    problems: list[dict[str, str]] = [{"href": "", "message": str(error)} for error in form.non_field_errors()]
    for field in form:
        problems += [
            {"href": f"#{first_control(field)}", "message": f"{field.label}: {translated(str(error))}"}
            for error in field.errors
        ]
    return {"problems": problems}


@register.inclusion_tag("components/degradations.html", takes_context=True)
def degradations(context: template.Context) -> dict[str, Any]:
    """Say to staff what is away just now, and what that means for them."""
    user = getattr(context.get("request"), "user", None)
    return {"missing": degraded.WATCH.missing() if user is not None and user.is_authenticated else ()}


def first_control(field: BoundField) -> str:
    """A group of choices has no label target of its own: its first choice is where the keyboard should land."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.inclusion_tag("components/post_button.html")
def post_button(url: str, text: str, kind: str = "", symbol: str = "", confirm: str = "") -> dict[str, str]:
    """Draw a button that sends; ``confirm`` is what is asked before."""
    return {"url": url, "text": text, "kind": kind, "symbol": symbol, "confirm": confirm}


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def initials(person: object) -> str:
    """
    >>> initials("Ada Lovelace"), initials("bo@example.org")
    ('AL', 'B')
    """
    words = [word for word in str(person).partition("@")[0].split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def language_name(code: str) -> str:
    """
    >>> language_name("de"), language_name("tlh")
    ('Deutsch', 'tlh')
    """
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code
