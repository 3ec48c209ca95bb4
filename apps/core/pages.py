"""What pages share: how many rows a list shows, and how a refusal is said, as a message or at the form."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import ngettext

from apps.core.errors import Problem, Refused
from apps.core.translating import translated
from resimate_text.problems import MOST_PROBLEMS

#: Rows of a list on one page.
PAGE: Final = 25


def crumb(name: object, route: str, *arguments: object) -> dict[str, str]:
    """A step of the way to a page: what it is called, and where it leads."""
    return {"name": str(name), "url": reverse(route, args=arguments)}


def may_open(request: HttpRequest | None, path: str) -> bool:
    """Whether the page behind a path lets in who asks, as far as its view says so itself by ``admits``."""
    try:
        view = resolve(path, urlconf=getattr(request, "urlconf", None)).func
    except Resolver404:
        return False
    admits: Callable[[object], bool] = getattr(view, "admits", lambda _: True)
    return admits(getattr(request, "user", None))


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


def errors_at_fields(form: forms.BaseForm, refused: Refused) -> None:
    """Each thing that is wrong becomes an error of the field that its pointer names; what names none, the form's."""
    if not refused.errors:
        form.add_error(None, refused.detail)
    for problem in refused.errors:
        form.add_error(problem.pointer.lstrip("/") or None, problem.detail)


def problems_told(refused: Refused, sentence: Callable[[Problem], str]) -> list[str]:
    """A sentence for each thing that is wrong, and how many more there are; the refusal's own where none is named."""
    said = [sentence(problem) for problem in refused.errors] or [translated(refused.detail)]
    return first_of(said, refused.more)


def first_of(said: Sequence[str], more: int = 0) -> list[str]:
    """The first of many sentences, and one that says how many more there are."""
    shown = list(said[:MOST_PROBLEMS])
    more += len(said) - len(shown)
    if more:
        shown.append(ngettext("%(count)s more was found.", "%(count)s more were found.", more) % {"count": more})
    return shown


def _deny(refused: Refused) -> None:
    """What one may not do is a page of its own, as where a page is not opened at all."""
    if refused.code == "permission_denied":
        raise PermissionDenied from refused
