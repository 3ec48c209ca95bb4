"""Components say what they are given, escaped, and leave out what they are not given."""

from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from apps.core.forms import Radios, Scale
from apps.core.templatetags.components import first_control, icon, initials
from apps.core.tests.pages import as_read
from resimate_charts import Bar, bars

HOSTILE = '"><script>alert(1)</script>'


class Survey(forms.Form):
    name = forms.CharField(help_text="As in the invitation.")
    note = forms.CharField(required=False)
    answer = forms.ChoiceField(choices=[("1", "Disagree"), ("2", HOSTILE)], widget=Scale)
    audience = forms.ChoiceField(choices=[("all", "Everyone")], widget=Radios)
    agree = forms.BooleanField(label="I agree")


def _component(file: str, /, **context: Any) -> str:
    return as_read(render_to_string(f"components/{file}.html", context))


def test_a_field_ties_its_hint_and_error_to_the_control() -> None:
    html = str(Survey({})["name"].as_field_group())

    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_only_optional_fields_say_so() -> None:
    form = Survey()

    assert "(optional)" in str(form["note"].as_field_group())
    assert "(optional)" not in str(form["name"].as_field_group())


def test_choices_are_a_group_with_a_legend_and_escaped_labels() -> None:
    html = as_read(str(Survey()["answer"].as_field_group()))

    assert "<legend>Answer</legend>" in html
    assert html.count('type="radio"') == 2
    assert 'class="scale"' in html
    assert "<script" not in html


def test_the_chosen_answer_is_checked() -> None:
    html = str(Survey({"answer": "1"})["answer"])

    assert html.count("checked") == 1
    assert html.index('value="1"') < html.index("checked") < html.index('value="2"')


def test_a_checkbox_has_its_label_once_and_beside_it() -> None:
    assert str(Survey()["agree"].as_field_group()).count("I agree") == 1


def test_an_error_of_a_group_leads_to_its_first_choice() -> None:
    form = Survey({})

    assert f'id="{first_control(form["audience"])}"' in str(form["audience"])


def test_django_draws_the_widgets_that_we_do_not() -> None:
    assert '<textarea name="a"' in forms.Textarea().render("a", "", renderer=Survey().renderer)


def test_an_empty_state_gives_the_reason_and_at_most_one_action() -> None:
    with_action = _component(
        "empty_state", title="No reports", reason="None yet.", action_url="/x/", action_text="Make one"
    )

    assert with_action.count("<a ") == 1
    assert "<a " not in _component("empty_state", title="No reports", reason="None yet.")


def test_a_hero_without_value_gives_the_reason_instead_of_a_number() -> None:
    html = _component("hero_number", label="Score", value=None, reason="Too few answers", band="Good", band_class="b4")

    assert "Too few answers" in html
    assert "Good" not in html


@pytest.mark.parametrize(("kind", "css_class"), [("success", "badge badge-success"), ("b3", "badge b3"), ("", "badge")])
def test_a_badge_takes_a_tone_or_a_band(kind: str, css_class: str) -> None:
    assert _component("badge", text=HOSTILE, kind=kind).startswith(f'<span class="{css_class}">&quot;&gt;')


def test_progress_over_nothing_is_still_valid() -> None:
    assert 'value="0" max="1"' in _component("progress", value=0, max=0, label="Answers")


def test_pages_keep_the_filters_of_the_address() -> None:
    request = RequestFactory().get("/?q=water&page=2")
    html = render_to_string("components/pagination.html", {"page": Paginator(range(60), 20).page(2)}, request)

    assert "?q=water&amp;page=1" in html
    assert "?q=water&amp;page=3" in html
    assert "21 to 40 of 60" in html


def test_a_cursor_needs_no_count() -> None:
    html = _component("pagination", page=SimpleNamespace(previous_url="", next_url="/?cursor=x"))

    assert html.count("<a ") == 1
    assert 'href="/?cursor=x"' in html


def test_the_mark_of_the_task_list_is_a_link_only_where_one_can_go() -> None:
    html = _component(
        "task_list", tasks=[{"name": "People", "url": "/p/", "status": "Done"}, {"name": "Send", "status": "Later"}]
    )

    assert html.count("<a ") == 1


def test_the_current_tab_is_marked_and_zero_is_a_count() -> None:
    html = _component(
        "tabs",
        tabs=[{"name": "All", "url": "/a/", "count": 0}, {"name": "Open", "url": "/b/"}],
        current="/b/",
        label="Lists",
    )

    assert '<a href="/b/" aria-current="page">Open</a>' in html
    assert '<span class="badge">0</span>' in html


def test_the_tree_nests_as_deep_as_the_model() -> None:
    leaf = {"name": HOSTILE, "code": "L1", "share": 1.0, "share_text": "100 %", "children": []}
    html = _component("tree", nodes=[{"name": "Root", "code": "root", "share": None, "children": [leaf]}])

    assert html.count("<ul") == 2
    assert html.count('class="tree"') == 1
    assert "<script" not in html


def test_a_chart_comes_with_its_table() -> None:
    chart = bars([Bar(HOSTILE, 40.0)], title="Scores")
    html = Template("{% load charts %}{% chart chart %}").render(Context({"chart": chart}))

    assert html.count("<svg") == 2
    assert "Show as table" in html
    assert '<td class="num">40.0</td>' in html
    assert "<script" not in html


def test_a_statement_is_one_group_with_its_answer_checked() -> None:
    options = [{"value": "1", "label": "Disagree"}, {"value": "2", "label": "Agree"}]
    html = _component(
        "statement", name="q1", text=HOSTILE, options=options, value="2", scale=True, error="Choose an answer"
    )

    assert html.count("<fieldset") == html.count("<legend>") == 1
    assert html.count("checked") == 1
    assert 'aria-describedby="q1-error"' in html
    assert "<script" not in html


def test_an_icon_is_hidden_from_screen_readers_and_escaped() -> None:
    assert 'aria-hidden="true"' in icon("mail")
    assert "<script" not in icon(HOSTILE)


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Lovelace", "AL"), ("bo@example.org", "B"), ("", ""), ("(none) x", "X")]
)
def test_initials_of_any_name(name: str, letters: str) -> None:
    assert initials(name) == letters
