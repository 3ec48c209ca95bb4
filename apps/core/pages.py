"""What pages share: how many rows a list shows, and how a refusal is said, as a message or at the form."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.core.errors import Refused

#: Rows of a list on one page.
PAGE: Final = 25


@contextmanager
def errors_as_messages(request: HttpRequest, level: int = messages.ERROR) -> Iterator[None]:
    """What is refused inside becomes a message on the next page; what comes after the refusal inside is left out."""
    try:
        yield
    except Refused as refused:
        _deny(refused)
        messages.add_message(request, level, refused.detail)


@contextmanager
def errors_on_form(form: forms.BaseForm) -> Iterator[None]:
    """What is refused inside becomes an error of the form, which is then shown again."""
    try:
        yield
    except Refused as refused:
        _deny(refused)
        form.add_error(None, refused.detail)


def _deny(refused: Refused) -> None:
    """What one may not do is a page of its own, as where a page is not opened at all."""
    if refused.code == "permission_denied":
        raise PermissionDenied from refused
