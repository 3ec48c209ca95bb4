"""Fills an installation without tenants from a copy: all of it in one transaction, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models, transaction
from django_tenants.utils import tenant_context

from apps.accounts.models import Grant, Role
from apps.accounts.permissions import ADMINISTRATOR
from apps.core.errors import Invalid, Refused
from apps.core.fields import fingerprint
from apps.core.json_values import decode
from apps.keys.models import SubjectKey
from apps.models.disclosure import NotReleased
from apps.models.models import Assessment, ModelVersion, Response
from apps.models.services import record_vector, score_assessment
from apps.tenants.models import Tenant
from apps.tenants.provisioning import OWNER, owner_in
from apps.tenants.services import create_tenant
from resimate.copies import rules
from resimate.copies.beforehand import ROWS_AT_ONCE
from resimate.copies.taking import FORMAT
from resimate_engine.document import digest
from resimate_text.sentences import Sentence

BAD: Final = "{file} is no whole copy of this version: line {line}."


class NotForCopies(Refused):
    code = "not_for_copies"
    title = "This installation takes no copies"


@dataclass
class Filled:
    """What arrived. ``changed`` are scores that are others than they were: answers had come since, or fewer count."""

    #: By tenant.
    administrators: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    equal: int = 0
    changed: list[str] = field(default_factory=list)


def fill(path: Path, *, now: datetime, counted: Callable[[int], object]) -> Filled:
    """Make the tenants of a copy, with all that is in it, and calculate their scores anew."""
    if not (settings.DEVELOPMENT or settings.TAKES_COPIES):
        raise NotForCopies(
            "This installation calls itself production. Where it is one for tests, set RESIMATE_TAKES_COPIES=yes."
        )
    rules.check()
    with _all_as_owner(), transaction.atomic(using=OWNER):
        if Tenant.objects.exists():
            raise NotForCopies("There are tenants here already. A copy fills an installation that has none.")
        return _filled(_Filling(path, now, counted))


def _filled(filling: "_Filling") -> Filled:
    try:
        filled = filling.done()
        connections[OWNER].check_constraints()  # what refers to nothing is said here, not when it is committed
    except (DatabaseError, KeyError, TypeError, ValueError) as error:
        raise filling.bad() from error
    return filled


@contextmanager
def _all_as_owner() -> Iterator[None]:
    """Let everything go by the owner's connection: tenants, their keys and their rows are one transaction then."""
    before, owner = connections[DEFAULT_DB_ALIAS], connections[OWNER]
    connections[DEFAULT_DB_ALIAS] = owner
    try:
        with owner_in("public"):
            yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before


@contextmanager
def _as_released(assessment: Assessment) -> Iterator[None]:
    """Let the score of a confidential assessment count whom the last release counted: the next one draws others."""
    if not assessment.confidential:
        yield
        return
    rows, state = Response.objects.filter(assessment=assessment), assessment.state
    late = dict(rows.filter(is_counted=False).exclude(submitted_at=None).values_list("pk", "submitted_at"))
    rows.filter(pk__in=late).update(submitted_at=None)
    rows.update(is_counted=False)
    Assessment.objects.filter(pk=assessment.pk).update(state=Assessment.State.LOCKED)
    yield
    Assessment.objects.filter(pk=assessment.pk).update(state=state)
    Response.objects.bulk_update(
        [Response(pk=pk, submitted_at=at) for pk, at in late.items()], ["submitted_at"], ROWS_AT_ONCE
    )


def _administrator() -> str:
    """In whose name testers are invited; empty where there is nobody."""
    held = Grant.objects.filter(role__code=ADMINISTRATOR.code, denies=False, user__is_active=True)
    grant = held.select_related("user__key").order_by("pk").first()
    return str(grant.user.email) if grant else ""


def _say_erased(person: Any) -> None:
    """What is under a key that was destroyed reads so, and is written as nothing."""
    for column in person._meta.concrete_fields:
        if hasattr(column, "erased"):
            setattr(person, column.name, column.erased)


def _digest_of(row: Any) -> str:
    """Of what a version or a reference set holds by now."""
    return digest(row.document) if isinstance(row, ModelVersion) else fingerprint(digest(row.units))


class _Filling:
    """Reads a copy from its first line to its last."""

    def __init__(self, path: Path, now: datetime, counted: Callable[[int], object]) -> None:
        self.path, self.now, self.counted = path, now, counted
        self.filled = Filled()
        self.line = 0
        self.roles: dict[str, Any] = {}

    def done(self) -> Filled:
        lines = self._lines()
        first = next(lines, {})
        if first.get("format") != FORMAT:
            raise self.bad()
        line = next(lines, {})
        while "tenant" in line:
            tenant = create_tenant(str(line["tenant"]), name=str(line["tenant"]), now=self.now)
            with tenant_context(tenant):
                line = self._fill(lines)
                self.filled.administrators[tenant.slug] = _administrator()
        if line.get("end") != self.line - 1 or next(lines, None) is not None:
            raise self.bad()
        return self.filled

    def _fill(self, lines: Iterator[dict[str, Any]]) -> dict[str, Any]:
        """Rows and then scores of one tenant; returns the line after them."""
        waiting: list[dict[str, Any]] = []
        of, self.roles = "", {}
        for line in lines:
            if waiting and (line.get("of") != of or len(waiting) == ROWS_AT_ONCE):
                self._keep(of, waiting)
                waiting = []
            if "scored" in line:
                self._score(line)
            elif "of" in line:
                of = line["of"]
                waiting.append(line["row"])
            else:
                return line
        return {}

    def _keep(self, label: str, rows: list[dict[str, Any]]) -> None:
        if label not in rules.TAKEN:
            raise self.bad()
        model: Any = apps.get_model(label)
        fields = {column: one for column, (one, _) in rules.rules_of(label).items()}
        made = [self._made(model, row, fields) for row in rows if not self._is_there(label, row)]
        keys = [one.key for one in made if "key" in {column.name for column in model._meta.concrete_fields}]
        SubjectKey.objects.bulk_create(keys)
        model._base_manager.bulk_create(made)
        if label == "resilience.ModelVersion":
            for version in made:
                if version.state != ModelVersion.State.DRAFT:
                    record_vector(version, now=self.now)
        self.filled.rows += len(rows)
        self.counted(len(rows))

    def _is_there(self, label: str, row: dict[str, Any]) -> bool:
        """Roles of the product come with each tenant, and so does what they build on."""
        if label == "accounts.Role" and row["is_system"]:
            self.roles[row["id"]] = Role.objects.get(code=row["code"]).pk
            return True
        return label == "accounts.Inheritance" and row["child_id"] in self.roles

    def _made(self, model: Any, row: dict[str, Any], fields: dict[str, models.Field[Any, Any]]) -> Any:
        if row.keys() - {"erased"} - fields.keys():
            raise self.bad()
        values = {column: self._value(fields[column], value) for column, value in row.items() if column in fields}
        made = model(**values)
        names = {one.name for one in model._meta.concrete_fields}
        if "key" in names:
            made.key = SubjectKey(secret=None) if row.get("erased") else SubjectKey()
        if row.get("erased"):
            _say_erased(made)
        if "digest" in names:
            made.digest = _digest_of(made)
        return made

    def _value(self, column: models.Field[Any, Any], value: Any) -> Any:
        if value is None:
            return None
        if column.is_relation or isinstance(column, models.UUIDField):
            return self.roles.get(value) or UUID(value)
        if isinstance(column, models.DateTimeField):
            return datetime.fromisoformat(value)
        if isinstance(column, models.DateField):
            return date.fromisoformat(value)
        return value

    def _score(self, line: dict[str, Any]) -> None:
        assessment = Assessment.objects.get(pk=UUID(line["scored"]))
        try:
            with _as_released(assessment):
                run = score_assessment(assessment, now=self.now)
        except NotReleased:
            self.filled.changed.append(str(assessment.pk))
            return
        nodes = dict(run.scores.values_list("node", "value"))
        if (run.score, nodes) == (line["score"], line["nodes"]):
            self.filled.equal += 1
        else:
            self.filled.changed.append(str(assessment.pk))

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                for text in file:
                    self.line += 1
                    line = decode(text)
                    if not isinstance(line, dict):
                        raise self.bad()
                    yield line
        except OSError as error:
            raise Invalid(Sentence("{file} cannot be read: {why}.", file=str(self.path), why=error.strerror)) from error

    def bad(self) -> Invalid:
        return Invalid(Sentence(BAD, file=str(self.path), line=self.line))
