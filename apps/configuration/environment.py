"""What the environment says: variables, and the files of a mounted folder, whose names name keys.

Kubernetes replaces the files of a ConfigMap or a Secret all at once, by a link. They are looked at again every few
seconds. What does not fit then is told, and the last good value holds; where there is none, and it is about security,
whoever asks for the value is refused rather than given one that is less safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from django.conf import settings

from apps.configuration.levels import Said, Unfit, is_bounded
from apps.configuration.references import EXAMPLE, MISFIT, SCHEME, Reference, problem_of, reference_of
from apps.configuration.registry import KEYS, Key, Level
from apps.core.memory import forgets
from resimate_text.sentences import Sentence

#: Where Kubernetes keeps the files of one moment.
OF_ONE_MOMENT: Final = "..data"
MOST_BYTES: Final = 65_536


@dataclass(slots=True)
class Environment:
    """``number`` grows whenever something else is said; ``flaws`` are what counts for nothing, by where it is said."""

    number: int = 0
    texts: Mapping[str, str] | None = field(default=None, repr=False)
    said: dict[str, Said] = field(default_factory=dict, repr=False)
    flaws: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Read it again, if it has changed."""
        try:
            texts = _files() | settings.CONFIGURATION
        except OSError as error:
            self.flaws["RESIMATE_CONFIG_DIR"] = f"cannot be read: {error.strerror or 'no text'}"
            if self.texts is not None:
                return
            texts = dict(settings.CONFIGURATION)
        else:
            self.flaws.pop("RESIMATE_CONFIG_DIR", None)
        if texts != self.texts:
            self._take(texts)

    def _take(self, texts: Mapping[str, str]) -> None:
        names = {variable(name): key for name, key in KEYS.items()}
        before = self.said
        folder = {name: flaw for name, flaw in self.flaws.items() if name == "RESIMATE_CONFIG_DIR"}
        self.flaws = folder | {name: "there is no such setting" for name in texts if variable(name) not in names}
        said: dict[str, Said] = {}
        for name, text in texts.items():
            if (key := names.get(variable(name))) is not None:
                said[key.name] = self._one(key, text, before.get(key.name))
        self.number, self.texts, self.said = self.number + 1, texts, said

    def _one(self, key: Key, text: str, before: Said | None) -> Said:
        now = _read(key, text)
        if now.problem:
            self.flaws[key.name] = now.problem
        if before is not None and not before.problem and (now.problem or key.restart):
            if now.value != before.value:
                self.flaws.setdefault(key.name, "is seen after a restart")
            return before
        if now.problem and is_security(key):
            detail = Sentence("The installation sets {key} to something that does not fit.", key=key.name)
            return replace(now, refusal=Unfit(detail))
        return now

    def forget(self) -> None:
        self.texts, self.said, self.flaws = None, {}, {}


ENVIRONMENT: Final = Environment()
forgets(ENVIRONMENT.forget)


def of_environment() -> dict[str, Said]:
    """What the environment says, by key."""
    if ENVIRONMENT.texts is None:
        ENVIRONMENT.look()
    return ENVIRONMENT.said


def flaws_of_environment() -> dict[str, str]:
    """What in the environment counts for nothing, and why."""
    ENVIRONMENT.look()
    return dict(ENVIRONMENT.flaws)


def out_of_reach() -> dict[str, str]:
    """What the environment refers to and cannot be had, by key, and why: this asks there."""
    referred = [one.value for one in of_environment().values() if type(one.value) is Reference]
    return {one.key: problem for one in referred if (problem := problem_of(one))}


def is_security(key: Key) -> bool:
    """Whether another value than the one that is meant may be less safe."""
    return key.sensitive or key.needs_two or is_bounded(key)


def variable(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def _files() -> dict[str, str]:
    """The texts of the folder's files, all of one moment, under their keys as variables have them."""
    if not settings.CONFIG_DIR:
        return {}
    folder = Path(settings.CONFIG_DIR)
    if (folder / OF_ONE_MOMENT).exists():
        folder = (folder / OF_ONE_MOMENT).resolve(strict=True)
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.is_file()]
    return {variable(path.name): _text(path) for path in found}


def _text(path: Path) -> str:
    """What is no text, or too long for a value, fits no key."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode(errors="replace").strip()


def _read(key: Key, text: str) -> Said:
    if text.startswith(SCHEME):
        return _referred(key, text)
    try:
        value = key.read(text)
        problem = key.problem_with(value)
    except ValueError:
        value, problem = None, "is no JSON"
    if problem and key.sensitive:  # what is said of a value holds the value
        problem = MISFIT
    if Level.ENVIRONMENT not in key.levels:
        problem = "cannot be set by the environment"
    return Said(Level.ENVIRONMENT, value, problem=problem)


def _referred(key: Key, text: str) -> Said:
    """Where the value is. What is no secret is said itself: everybody may see it, and so nobody where a secret is."""
    value, problem = reference_of(key, text) if key.sensitive else None, None
    if not key.sensitive:
        problem = Sentence("only what is sensitive may be a reference ({scheme}…)", scheme=SCHEME)
    elif value is None:
        problem = Sentence("is no reference such as {example}", example=EXAMPLE)
    return Said(Level.ENVIRONMENT, value, problem=problem)
