"""The base of our commands: ``--json`` for machines, exit 0 done, 1 refused or failed, 2 wrong usage."""

import json
import sys
from argparse import SUPPRESS
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, ProgrammingError
from psycopg.errors import InsufficientPrivilege
from tqdm import tqdm

from apps.core import context, way
from apps.core.errors import Refused

T = TypeVar("T")
NOT_OWNER = (
    "PostgreSQL says: {}. What takes the owner of the schemas runs with DATABASE_OWNER_URL; "
    "on Kubernetes `scripts/owner-command` has it."
)


class OperatorCommand(BaseCommand):
    """A command says what it did by :meth:`report`; a refusal is one sentence on standard error and exit 1."""

    requires_system_checks: list[str] = []
    needs_database = True
    json_wanted = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        for one in (parser, *_verbs(parser)):
            one.add_argument("--json", action="store_true", default=SUPPRESS, help="answer in JSON, for machines")
        return parser

    def act(self, **options: Any) -> None:
        """What the command does; the subclass says."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        self.json_wanted = options.pop("json", False)
        name = type(self).__module__.rpartition(".")[2]
        if self.needs_database and not settings.SERVERS_KNOWN:
            self.fail("not_running", "The embedded servers are not running; start them with `make run`.")
        with context.use(context.continued("", action=name, actor_type="operator")):
            try:
                self.act(**options)
            except Refused as refusal:
                self.fail(refusal.code, refusal.detail)
            except OperationalError as error:
                self.fail("unavailable", f"PostgreSQL cannot be reached: {way.explained(error)}")
            except ProgrammingError as error:
                if not isinstance(error.__cause__, InsufficientPrivilege):
                    raise
                self.fail("not_owner", NOT_OWNER.format(way.explained(error)))

    def report(self, result: dict[str, Any], text: str = "") -> None:
        """Say what came out: the whole of it as JSON, or as text for people."""
        self.stdout.write(json.dumps(result, default=str, ensure_ascii=False) if self.json_wanted else text)

    def fail(self, code: str, sentence: str, **more: Any) -> NoReturn:
        """End with exit 1."""
        if self.json_wanted:
            self.stdout.write(json.dumps({"code": code, "detail": sentence, **more}, default=str, ensure_ascii=False))
        self.stderr.write(sentence)
        sys.exit(1)

    def progress(self, things: Iterable[T], *, total: int | None = None, unit: str = "") -> Iterator[T]:
        """The same things, with a bar on standard error when somebody is watching it."""
        quiet = self.json_wanted or not sys.stderr.isatty()
        yield from tqdm(things, total=total, unit=unit, file=sys.stderr, disable=quiet, leave=False)

    @contextmanager
    def meter(self, unit: str) -> Iterator[Callable[[int, int], None]]:
        """A bar for work that reports ``(done, total)`` by itself."""
        quiet = self.json_wanted or not sys.stderr.isatty()
        with tqdm(unit=unit, file=sys.stderr, disable=quiet, leave=False) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield show


def _verbs(parser: CommandParser) -> Iterator[CommandParser]:
    """The parsers of a command's verbs: ``tenants list --json`` is as good as ``tenants --json list``."""
    for action in parser._actions:  # noqa: SLF001  argparse has no public way to them
        if isinstance(action.choices, dict):
            yield from (one for one in action.choices.values() if isinstance(one, CommandParser))
