"""Translations as programs read them: each ``locale/*/LC_MESSAGES/django.mo`` is made of the ``.po`` beside it.

They are compiled at install, and kept out of git: ``python -m resimate.catalogues``. It takes no GNU gettext.
"""

import os
import sys
from pathlib import Path

LOCALE = Path(__file__).resolve().parents[1] / "locale"


def compile_all(locale: Path = LOCALE) -> list[Path]:
    """Compile every catalogue that has changed since it was compiled last; say which."""
    outdated = not_compiled(locale)
    for path in outdated:
        _compile(path)
    return outdated


def not_compiled(locale: Path = LOCALE) -> list[Path]:
    """Name the catalogues that were never compiled, or not as they are now."""
    return [path for path in sorted(locale.glob("*/LC_MESSAGES/*.po")) if not _is_compiled(path)]


def _is_compiled(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns


def _compile(path: Path) -> None:
    """Put the whole file in place at once: others may be reading it, or compiling it too."""
    from babel.messages.mofile import write_mo  # a moment to load, and mostly there is nothing to compile
    from babel.messages.pofile import PoFileError, read_po

    with path.open("rb") as source:
        try:
            catalogue = read_po(source, locale=path.parent.parent.name, abort_invalid=True)
        except PoFileError as error:
            raise ValueError(f"{path}, line {error.lineno}: {error}") from error
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as target:
        write_mo(target, catalogue)
    unfinished.replace(path.with_suffix(".mo"))


if __name__ == "__main__":
    for changed in compile_all():
        sys.stdout.write(f"Compiled {changed.relative_to(LOCALE.parent)}\n")
