"""Stakeholders are spoken to in their language, on every page and in every e-mail."""

import gettext
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from apps.notifications.rendering import render

ROOT = Path(settings.BASE_DIR)
TEMPLATES = [*ROOT.glob("templates/campaigns/respond/*.html"), *ROOT.glob("templates/notifications/*.txt")]
LANGUAGES = ["de", "fr"]


def catalogue(language: str) -> gettext.GNUTranslations:
    path = ROOT / "apps/campaigns/locale" / language / "LC_MESSAGES/django.mo"
    with path.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_text_of_a_template_is_translated(template: Path, language: str) -> None:
    texts = re.findall(r"""{% translate (?:"([^"]+)"|'([^']+)')""", template.read_text())
    known: dict[Any, str] = catalogue(language)._catalog  # type: ignore[attr-defined]

    assert [text for pair in texts for text in pair if text and text not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    source = (ROOT / "apps/campaigns/locale" / language / "LC_MESSAGES/django.po").read_text()
    found = dict(re.findall(r'^msgid "((?:[^"\\]|\\.)+)"\nmsgstr "((?:[^"\\]|\\.)+)"$', source, re.M))
    compiled = catalogue(language)

    assert len(found) > 60
    assert {text: compiled.gettext(text) for text in found} == found


def test_a_german_finds_german_pages(bos_link: str, visitor: Client) -> None:
    landing = visitor.get(f"{bos_link}?lang=de").content.decode()
    section = visitor.get(f"{bos_link}sections/people/").content.decode()
    asked = visitor.post(f"{bos_link}check/").content.decode()

    for said in ("Acme bittet um Ihre Einschätzung", "Dauert etwa", "Beginnen", "2 Minuten", "Pseudonym"):
        assert said in landing
    for said in ("Abschnitt 1 von 3", "Weiß nicht", "Speichern und weiter", "Kommentar hinzufügen"):
        assert said in section
    assert "5 Fragen haben keine Antwort" in asked


def test_an_invitation_is_german_for_a_german_and_french_for_a_french() -> None:
    facts = {
        "name": "Bo",
        "organisation": "Acme",
        "campaign": "Check",
        "subject": "Harbour",
        "questions": 1,
        "minutes": 2,
    }

    german, french = render("invitation", facts, "de"), render("invitation", facts, "fr")

    assert german.subject == "Acme bittet um Ihre Einschätzung: Check"
    assert "Es ist 1 Frage. Das dauert etwa 2 Minuten." in german.body
    assert french.subject == "Acme demande votre avis : Check"
    assert "Il y a 1 question. Cela prend environ 2 minutes." in french.body
    assert translation.get_language() == "en"
