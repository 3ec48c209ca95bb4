"""Commands that pages tell people to type are commands that there are, with options that they have."""

import re
import shlex
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from resimate.tests.sources import ROOT

pytestmark = pytest.mark.requirement("DOC-002")

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/runbooks").glob("*.md")]) + sorted(
    path for folder in ("k8s", "infra") for path in (ROOT / folder).rglob("README.md")
)
#: What stands for something that the reader fills in, where the command looks at it.
FILLED_IN = {"N": "1", "NAME": "production", "DAYS": "30"}


def said(text: str) -> Iterator[str]:
    """In a line and in a block of its own, where a line may go on in the next.

    >>> list(said("Type `manage.py keys list`:\\n```sh\\n.venv/bin/python manage.py score x.json | less\\n```\\n"))
    ['keys list', 'score x.json ']
    """
    yield from re.findall(r"`(?:\.venv/bin/python )?manage\.py ([^`]+)`", text)
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from re.findall(r"manage\.py ([^\n|>#;&]+)", block.replace("\\\n", ""))


def flaw(command: str) -> str:
    """What its own parser has against it; that something is left out where it is only named is nothing."""
    name, *words = [FILLED_IN.get(word.strip("[]"), word.strip("[]")) for word in shlex.split(command)]
    if name not in get_commands():
        return f"there is no command {name}"
    try:
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(words)
    except CommandError as error:
        return "" if "arguments are required" in str(error) else str(error)
    return ""


def test_every_command_is_one_that_there_is() -> None:
    commands = [(path, command) for path in PAGES for command in said(path.read_text(encoding="utf-8"))]

    assert len(commands) > 100
    found = [f"{path.relative_to(ROOT)}: manage.py {command}: {flaw(command)}" for path, command in commands]
    assert [line for line in found if not line.endswith(": ")] == []


@pytest.mark.parametrize("command", ["kyes list", "keys lsit", "keys list --everything", "keys destroy --version x"])
def test_a_slip_of_the_pen_is_noticed(command: str) -> None:
    assert flaw(command)


def test_every_target_of_make_is_one_that_there_is() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {(path, name) for path in PAGES for name in re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8"))}

    assert len(named) > 10
    assert {(path.name, name) for path, name in named if name not in targets} == set()
