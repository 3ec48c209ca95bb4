"""Files that come with a form: read as text, or refused with a sentence."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from apps.core.forms import MOMENT, MomentField, utf8_text

MEGABYTE = 1024 * 1024


def test_a_file_is_read_without_its_mark() -> None:
    assert utf8_text(SimpleUploadedFile("a.csv", "id,größe".encode("utf-8-sig")), 2 * MEGABYTE) == "id,größe"


@pytest.mark.parametrize(
    ("content", "language", "said"),
    [
        (b" " * (2 * MEGABYTE + 1), "en", "The file is larger than 2 MB."),
        (b" " * (2 * MEGABYTE + 1), "fr", "Le fichier dépasse 2 Mo."),
        (b"\xff\xfe", "en", "The file is not UTF-8 text."),
    ],
)
def test_what_is_too_large_or_no_text_is_refused(content: bytes, language: str, said: str) -> None:
    with translation.override(language):
        with pytest.raises(ValidationError) as refused:
            utf8_text(SimpleUploadedFile("a.csv", content), 2 * MEGABYTE)

        assert refused.value.messages == [said]


@pytest.mark.parametrize(
    ("typed", "zone"), [("0001-01-01T00:00", "Europe/Berlin"), ("9999-12-31T23:59", "America/Lima")]
)
def test_of_a_time_at_the_ends_of_the_calendar_it_is_not_said_that_clocks_skip_it(typed: str, zone: str) -> None:
    with timezone.override(zone):
        assert MomentField().clean(typed).strftime(MOMENT).endswith(typed[-11:])
