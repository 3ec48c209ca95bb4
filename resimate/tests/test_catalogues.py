"""Translations are compiled where they are used, from files in which two branches rarely meet."""

import gettext
import os
import re
from pathlib import Path

import pytest

from resimate import catalogues, checks

SOURCES = sorted(catalogues.LOCALE.glob("*/LC_MESSAGES/django.po"))
HEADER = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """A catalogue of one text."""
    path = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(f'{HEADER}msgid "Water"\nmsgstr "Wasser"\n')
    return path


def _read(catalogue: Path) -> str:
    with catalogue.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file).gettext("Water")


def test_a_fresh_checkout_is_compiled(german: Path, tmp_path: Path) -> None:
    assert catalogues.compile_all(tmp_path) == [german]
    assert _read(german) == "Wasser"
    assert {path.name for path in german.parent.iterdir()} == {"django.po", "django.mo"}


def test_only_what_has_changed_is_compiled_again(german: Path, tmp_path: Path) -> None:
    catalogues.compile_all(tmp_path)
    assert catalogues.compile_all(tmp_path) == []

    german.write_text(german.read_text().replace("Wasser", "Gewässer"))
    later = german.with_suffix(".mo").stat().st_mtime_ns + 1_000_000
    os.utime(german, ns=(later, later))

    assert catalogues.compile_all(tmp_path) == [german]
    assert _read(german) == "Gewässer"


@pytest.mark.parametrize("broken", ['msgid "Air"\n', "<<<<<<< HEAD\n"])
def test_a_broken_catalogue_is_named_and_leaves_what_was_compiled_before(
    german: Path, tmp_path: Path, broken: str
) -> None:
    catalogues.compile_all(tmp_path)
    german.write_text(f"{german.read_text()}\n{broken}")
    os.utime(german, ns=(2**62, 2**62))

    with pytest.raises(ValueError, match=r"de.LC_MESSAGES.django\.po, line \d+: "):
        catalogues.compile_all(tmp_path)

    assert _read(german) == "Wasser"


def test_a_check_says_what_is_not_compiled(german: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "not_compiled", lambda: catalogues.not_compiled(tmp_path))
    (warning,) = checks.miss_no_translation()

    assert (warning.msg, warning.hint) == (f"{german} is not compiled.", "run `python -m resimate.catalogues`")

    catalogues.compile_all(tmp_path)
    assert checks.miss_no_translation() == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parts[-3])
def test_a_catalogue_holds_nothing_but_texts_in_their_order(path: Path) -> None:
    """A date or a place would change with every branch, and new texts at the end would all meet there."""
    text = path.read_text(encoding="utf-8")
    entries = [entry for entry in text.split("\n\n")[1:] if "msgid" in entry]
    texts = [re.findall(r'^msgid "(.*)"', entry, re.MULTILINE)[0] for entry in entries]

    assert re.findall(r"^#[:.~|].*|^\".*-Date:.*", text, re.MULTILINE) == []
    assert texts == sorted(texts)
