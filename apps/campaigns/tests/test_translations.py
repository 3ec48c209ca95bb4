"""Stakeholders are spoken to in their language, on every page and in every e-mail."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from apps.campaigns.messages import INVITATION, REMINDER
from apps.notifications.channels.email import EMAIL
from apps.notifications.rendering import render

ROOT = Path(settings.BASE_DIR)
TEMPLATES = [*ROOT.glob("templates/campaigns/respond/*.html"), *ROOT.glob("templates/*/messages/*.txt")]
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
#: Words that are the same in French.
SAME = {"Questions"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_text_of_a_template_is_translated(template: Path, language: str) -> None:
    found = re.findall(r"""{% translate (?:"([^"]+)"|'([^']+)')""", template.read_text())
    texts = {text for pair in found for text in pair if text} - SAME

    with translation.override(language):
        assert {text for text in texts if gettext(text) == text} == set()


def test_a_german_finds_german_pages(bos_link: str, visitor: Client) -> None:
    landing = visitor.get(f"{bos_link}?lang=de").content.decode()
    section = visitor.get(f"{bos_link}sections/people/").content.decode()
    asked = visitor.post(f"{bos_link}check/").content.decode()

    for page in (landing, section, asked):
        assert 'lang="de"' in page
    for said, page in (
        ("asks for", landing),
        ("2 minutes", landing),
        ("Section 1", section),
        ("have no answer", asked),
    ):
        assert said not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_is_left_in_an_invitation(acme: Any, now: datetime, language: str) -> None:
    asked = {"campaign": "Check", "subject": "X", "questions": 1, "minutes": 2, "closes_at": now}
    facts = {"name": "Bo", "organisation": "Acme", **asked}

    for kind in (INVITATION, REMINDER):
        written = render(kind, EMAIL.texts, facts, language)
        for word in ("Hello", "There is", "They take", "Please", "your", "asks", "Reminder"):
            assert word not in written.subject + written.body

    assert translation.get_language() == "en"
