"""German and French are whole: every text is translated, compiled, and takes the values of its source."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Text
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from resimate.tests.sources import ROOT, modules

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
TRANSLATING = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w+[^{}]*\}")
APPS = Path(settings.BASE_DIR) / "apps"
#: Where it is decided what is refused, in whatever apps there are.
REFUSING = [*sorted(APPS.glob("*/services*")), ROOT / "resimate_engine"]
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


@every_language
def test_every_text_is_translated_and_nobody_doubts_it(language: str) -> None:
    messages = list(messages_of(language))

    assert len(messages) > 400
    assert [message.id for message in messages if message.fuzzy or not all(said(message))] == []


def test_no_text_hides_in_an_f_string_where_it_would_not_be_collected() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in modules()
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in TRANSLATING
    ]

    assert hidden == []


@every_language
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    written, compiled = catalogue(language), catalogue(language, compiled=True)

    assert pairs(compiled) == pairs(written)
    assert compiled.plural_forms == written.plural_forms


@every_language
def test_a_translation_takes_the_same_values_as_its_source(language: str) -> None:
    different = [
        (text, form)
        for message in messages_of(language)
        for text in [source(message)]
        for form in said(message)
        if Counter(PLACE.findall(form)) != Counter(PLACE.findall(text))
    ]

    assert different == []


@every_language
def test_values_without_a_name_keep_their_order(language: str) -> None:
    unnamed = re.compile(r"%[sd]")
    moved = [
        message.id
        for message in messages_of(language)
        if any(unnamed.findall(form) != unnamed.findall(source(message)) for form in said(message))
    ]

    assert moved == []


@every_language
def test_a_text_with_a_plural_has_each_form_of_the_language(language: str) -> None:
    number = catalogue(language).num_plurals
    plural = [message for message in messages_of(language) if message.pluralizable]

    assert len(plural) >= 5
    assert {len(said(message)) for message in plural} == {number}


@pytest.mark.parametrize(
    ("language", "none", "one", "many"),
    [("de", "0 Fragen", "1 Frage", "2 Fragen"), ("fr", "0 question", "1 question", "2 questions")],
)
def test_a_number_chooses_its_form(language: str, none: str, one: str, many: str) -> None:
    with translation.override(language):
        said = [
            ngettext("%(number)s question", "%(number)s questions", count) % {"number": count} for count in range(3)
        ]

    assert said == [none, one, many]


def test_a_word_with_two_meanings_has_two_translations() -> None:
    with translation.override("fr"):
        assert (gettext("Open"), pgettext("verb", "Open")) == ("Ouverte", "Ouvrir")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("language", "heading", "label"),
    [
        ("de", "Anmelden", "E-Mail-Adresse"),
        ("fr", "Se connecter", "Adresse e-mail"),
        ("en", "Sign in", "E-mail address"),
    ],
)
def test_a_browser_is_answered_in_its_language(client: Client, language: str, heading: str, label: str) -> None:
    page = client.get("/sign-in/", headers={"host": "acme.localhost", "accept-language": language}).content.decode()

    assert f'<html lang="{language}"' in page
    assert f"<h1>{heading}</h1>" in page
    assert label in page


def test_a_refusal_of_a_service_is_shown_in_the_language_of_the_page() -> None:
    refusal, markup = "Add at least one stakeholder first.", "<b>100 %</b>"
    with translation.override("de"):
        summary = render_to_string(
            "components/error_summary.html", {"problems": [{"message": refusal}, {"message": markup}]}
        )

    assert "Fügen Sie bitte zuerst" in summary
    assert "&lt;b&gt;100 %&lt;/b&gt;" in summary


@pytest.mark.parametrize("refusing", REFUSING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_refusal_is_no_text_that_nobody_could_translate(refusing: Path) -> None:
    """An f-string forgets how it was put together; a ``Sentence`` does not."""
    words = re.compile(r"[a-z] [a-z]|^ [a-z]|[a-z] $")
    forgetful = [
        f"{path.name}:{text.lineno}"
        for path in ([refusing] if refusing.is_file() else sorted(refusing.glob("**/*.py")))
        if "tests" not in path.parts
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and not {"tests", "management"} & set(path.parts)
        for argument in call.args
        for text in ast.walk(argument)
        if isinstance(text, ast.JoinedStr) and any(words.search(part) for part in said_by(text))
    ]

    assert forgetful == []


def test_a_sentence_has_its_words_where_they_are_collected() -> None:
    """What a ``Sentence`` gets through a name is shown in English on every page."""
    not_found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted(APPS.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Sentence"
        if not {"tests", "migrations"} & set(path.parts) and path != APPS / "core" / "sentences.py"
        if not isinstance(call.args[0], ast.Constant)
    ]

    assert not_found == []


def said_by(text: ast.JoinedStr) -> list[str]:
    return [str(part.value) for part in text.values if isinstance(part, ast.Constant)]


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "3 March 2026, 14:05"), ("de", "3. März 2026, 14:05"), ("fr", "3 mars 2026 à 14:05")],
)
def test_a_date_is_written_as_its_readers_write_it(language: str, written: str) -> None:
    template = Template('{{ moment|date:_("j F Y, H:i") }}')
    with translation.override(language):
        assert template.render(Context({"moment": datetime(2026, 3, 3, 14, 5, tzinfo=UTC)})) == written


def catalogue(language: str, *, compiled: bool = False) -> Catalog:
    path = Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / ("django.mo" if compiled else "django.po")
    with path.open("rb") as file:
        return read_mo(file) if compiled else read_po(file, locale=language)


def messages_of(language: str) -> Iterator[Text]:
    return (message for message in catalogue(language) if message.id)


def pairs(catalog: Catalog) -> dict[tuple[str | None, str], list[str]]:
    return {(context_of(message), source(message)): said(message) for message in catalog if message.id}


def context_of(message: Text) -> str | None:
    """Babel gives the context of a compiled text as bytes."""
    return message.context.decode() if isinstance(message.context, bytes) else message.context


def source(message: Text) -> str:
    """The English text; of a text with a plural, that of many."""
    return message.id if isinstance(message.id, str) else message.id[-1]


def said(message: Text) -> list[str]:
    return [message.string or ""] if isinstance(message.string, (str, type(None))) else list(message.string)
