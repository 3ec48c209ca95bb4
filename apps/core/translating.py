"""What services refuse in English, in the language of the page that shows it."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from resimate_text.sentences import Sentence
from resimate_text.tables import Flaw


def translated(text: str) -> str:
    """Return a sentence, or a text without values, in the language of the page."""
    if not isinstance(text, Sentence):
        return gettext(text)
    return gettext(text.template).format(**{name: _said(value) for name, value in text.values.items()})


def _said(value: Any) -> Any:
    return translated(value) if isinstance(value, Sentence) else value


def flaw_said(flaw: Flaw) -> str:
    """What is wrong with a table, and in which line, and column where it is in one."""
    if not flaw.line:
        return translated(flaw.detail)
    if flaw.column and flaw.code != "missing_column":  # whose sentence names it
        values = {"line": flaw.line, "column": flaw.column, "problem": translated(flaw.detail)}
        return _("Line %(line)d, column %(column)s: %(problem)s") % values
    return _("Line %(line)d: %(problem)s") % {"line": flaw.line, "problem": translated(flaw.detail)}


def translate_names(config: AppConfig) -> None:
    """Have the administration say in the reader's language what an app and what it stores are called.

    Django makes these names of those of classes, in English. Migrations are told nothing: they read the classes.
    """
    config.verbose_name = gettext_lazy(str(config.verbose_name))
    for model in config.get_models():
        meta = model._meta
        if isinstance(meta.verbose_name, str):
            plural = meta.original_attrs.get("verbose_name_plural", f"{meta.verbose_name}s")
            meta.verbose_name, meta.verbose_name_plural = gettext_lazy(meta.verbose_name), gettext_lazy(plural)
