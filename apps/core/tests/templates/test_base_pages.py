"""The frames of all pages: language, title, landmarks, and nothing that the content policy would block."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path
from django.utils import translation

from apps.core.tests.pages import as_read

pytestmark = pytest.mark.urls(__name__)  # frames work whatever pages there are
urlpatterns: list[Any] = [path("campaigns/", HttpResponse)]

TEMPLATES = Path(settings.BASE_DIR) / "templates"
FRAMES = ["base_staff.html", "base_respondent.html", "base_auth.html"]
ERRORS = ["400", "403", "404", "410", "429", "500", "csrf"]


class Question(forms.Form):
    name = forms.CharField(label="Campaign name")


def _page(frame: str, source: str = "", **context: Any) -> str:
    request = RequestFactory().get("/campaigns/7/")
    request.COOKIES["theme"] = context.pop("theme", "auto")
    request.user = SimpleNamespace(is_authenticated=True, is_staff=True, get_short_name="Ada")  # type: ignore[assignment]
    request.tenant = SimpleNamespace(name="Acme <b>Water</b>")  # type: ignore[attr-defined]
    template = engines["django"].from_string(f'{{% extends "{frame}" %}}{source}')
    return as_read(str(template.render({"request": request, **context}, request)))


@pytest.mark.parametrize("frame", FRAMES)
def test_a_page_names_its_organisation_escaped(frame: str) -> None:
    page = _page(frame)

    assert "Acme &lt;b&gt;Water&lt;/b&gt;" in page
    assert "<b>Water</b>" not in page


@pytest.mark.parametrize("frame", FRAMES)
def test_a_page_has_one_main_part_that_the_skip_link_leads_to(frame: str) -> None:
    page = _page(frame)

    assert page.count("<main") == 1
    assert '<a class="skip-link" href="#main">' in page
    assert 'id="main"' in page


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_a_page_says_its_language_and_direction(language: str, direction: str) -> None:
    with translation.override(language):
        assert f'<html lang="{language}" dir="{direction}"' in _page("base_respondent.html")


def test_the_title_warns_of_errors() -> None:
    title = "{% block title %}Campaign{% endblock %}"

    assert "<title>Campaign ·" in _page("base_staff.html", title, form=Question({"name": "x"}))
    assert "<title>Error: Campaign ·" in _page("base_staff.html", title, form=Question({}))


@pytest.mark.parametrize("frame", FRAMES)
def test_errors_are_summed_up_once_and_linked(frame: str) -> None:
    page = _page(frame, form=Question({}))

    assert page.count('class="error-summary"') == 1
    assert '<a href="#id_name">Campaign name: This field is required.</a>' in page


def test_the_section_of_the_page_is_marked_in_the_navigation() -> None:
    page = _page("base_staff.html")

    assert '<a href="/campaigns/" aria-current="true">' in page
    assert page.count("aria-current") == 1


def test_signing_out_is_a_post_with_a_token() -> None:
    assert re.search(
        r'<form method="post"[^>]*data-sign-out><input type="hidden" name="csrfmiddlewaretoken"',
        _page("base_staff.html"),
    )


def test_stakeholders_see_nothing_of_the_workspace() -> None:
    page = _page("base_respondent.html")

    assert "site-nav" not in page
    assert "workspace" not in page
    assert "data-sign-out" not in page


def test_the_chosen_theme_is_drawn_by_the_server_and_escaped() -> None:
    assert 'data-theme="dark"' in _page("base_staff.html", theme="dark")
    assert 'data-theme="&quot;&gt;x"' in _page("base_staff.html", theme='">x')


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_page_needs_no_request(code: str) -> None:
    page = render_to_string(f"errors/{code}.html")

    assert page.count("<h1>") == 1
    assert "<script" not in page


def test_an_error_page_shows_the_reference_for_support() -> None:
    assert "<code>4bf92f35</code>" in render_to_string("errors/500.html", {"request_id": "4bf92f35"})


def test_too_many_requests_says_how_long_to_wait() -> None:
    assert "wait 1 second and" in render_to_string("errors/429.html", {"retry_after": 1})
    assert "wait 30 seconds and" in render_to_string("errors/429.html", {"retry_after": 30})


def test_no_template_has_inline_style_or_script() -> None:
    offending = re.compile(
        r"""\sstyle=|<style|\son[a-z]+=["']|<script(?![^>]*\ssrc=)|hx-on|javascript:|hx-vals=["']js:"""
    )
    found = {path.name: offending.findall(path.read_text()) for path in TEMPLATES.rglob("*.html")}

    assert {name: hits for name, hits in found.items() if hits} == {}
