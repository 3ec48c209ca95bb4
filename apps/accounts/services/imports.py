"""Many colleagues are invited from a list: all of them or none, and nobody at all in a dry run.

A list invites, and makes no accounts: each person chooses a password, and whoever imports stands for the roles.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from apps import audit
from apps.accounts import authz, lineage, reach
from apps.accounts.attributes import as_cell, as_typed, misfit, simple
from apps.accounts.models import Invitation, Role, User
from apps.accounts.services.grants import NotYoursToGive, refuse_in_person, refuse_more_than_own
from apps.accounts.services.invitations import HAS_ACCOUNT, NO_ROLE, invite
from apps.accounts.services.signing_in import TooManyAttempts
from apps.configuration import languages
from apps.core import jobs
from apps.core.errors import Invalid, Problem
from apps.core.models import Job
from apps.core.tables import rows_of
from resimate_text.identity import folded, tidied
from resimate_text.sentences import Sentence
from resimate_text.tables import Columns, Note, people, written

KIND: Final = "users.import"
#: People in one list: each gets a letter, in the time of one request.
MOST: Final = 500
LONGEST: Final = {"email": 254, "name": 200}
COLUMNS: Final = Columns(
    {**people.NAME, **people.EMAIL, **people.LANGUAGE, "roles": ("role", "Rolle", "Rollen", "rôle", "rôles")}
)
PLACES: Final = ("email", "name", "language", "roles")
#: Between the roles of one cell.
BETWEEN: Final = re.compile(r"\s*[;,|\n]\s*")
REFUSED: Final = "Nobody was invited: some of the list is not right."


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be invited; ``place`` is the pointer to where the list says so."""

    email: str
    place: str
    name: str = ""
    language: str = "en"
    roles: Sequence[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """As a job keeps it."""
        said = {name: getattr(self, name) for name in ("place", *PLACES[:3])}
        return {**said, "roles": [*self.roles], "attributes": {**self.attributes}}


@dataclass(slots=True)
class _Plan:
    """Who is invited to which roles, and what is wrong with the others."""

    invited: list[tuple[Person, list[Role]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def people_in(source: str | bytes, *, language: str) -> tuple[list[Person], list[Note]]:
    """The people of a CSV file or a workbook, and what of it was not read; ``language`` is that of who has none.

    Raises ``Invalid`` with pointers ``/csv/<line>``.
    """
    kept = simple()
    rows, notes = rows_of(source, _columns(kept), needed=("email",))
    if not rows:
        raise Invalid(REFUSED, errors=[Problem("/csv", Sentence("There is nobody in this file."), "required")])
    found = []
    for row in rows:
        cells = {name: tidied(cell) for name, cell in row.cells.items()}
        roles = [one for one in BETWEEN.split(cells.get("roles", "")) if one]
        spoken = languages.code_of(cells.get("language", "")) or language
        email = cells.get("email", "").removeprefix("mailto:")
        more = {name: as_typed(cells[name], one) for name, one in kept.items() if name in cells}
        found.append(Person(email, f"/csv/{row.line}", people.joined_name(cells), spoken, roles, more))
    return found, notes


def _columns(kept: Mapping[str, Any]) -> Columns:
    """An attribute has a column of its name, or of its title, unless the list has one that is called so."""
    free = {name: [str(one["title"])] if "title" in one else [] for name, one in kept.items() if not COLUMNS.of(name)}
    return Columns({**free, **COLUMNS.names})


def lines_of(persons: Sequence[Person]) -> str:
    """A list of which ``people_in`` makes the same people, to be looked at."""
    kept = sorted({name for one in persons for name in one.attributes})
    rows = ([one.email, one.name, one.language, "; ".join(one.roles)] for one in persons)
    more = ([as_cell(one.attributes.get(name)) for name in kept] for one in persons)
    return written([[*PLACES, *kept], *([*first, *rest] for first, rest in zip(rows, more, strict=True))], ends="\n")


@transaction.atomic
def import_users(persons: Sequence[Person], *, acting_user: User, now: datetime, dry_run: bool) -> dict[str, Any]:
    """Invite all of them, or say what is wrong with whom; a dry run only says it.

    Who was invited before is invited anew, and counted. Raises ``Invalid`` with a problem for each row.
    """
    authz.require(acting_user, "users:create")
    if len(persons) > MOST:
        detail = Sentence("You can invite at most {most} people at once.", most=MOST)
        raise Invalid(detail, errors=[Problem("", detail, "bad_length")])
    plan = _planned(persons, acting_user)
    if plan.problems:
        raise Invalid(REFUSED, errors=plan.problems)
    again = Invitation.by_address().among(one.email for one in persons)
    outcome = {"invited": len(persons), "again": Invitation.objects.filter(Invitation.PENDING, again).count()}
    if not dry_run:
        _invite_all(plan.invited, acting_user, now)
        audit.record("user.imported", now=now, actor=acting_user, details=outcome)
    return {"dry_run": dry_run, **outcome}


def enqueue_import(
    persons: Sequence[Person], *, notes: Sequence[Note], acting_user: User, now: datetime, dry_run: bool
) -> Job:
    """Have it done as a job; what of the list was not read is among its warnings."""
    authz.require(acting_user, "users:create")
    parameters = {"people": [one.facts() for one in persons], "dry_run": dry_run, "warnings": [*notes]}
    return reach.enqueue(KIND, parameters, acting_user=acting_user, now=now)


@jobs.runner(KIND, atomic=True)
def _import(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    asked = job.parameters
    persons = [Person(**facts) for facts in asked["people"]]
    acting_user, now = reach.acting_user_of(job), timezone.now()
    outcome = import_users(persons, acting_user=acting_user, now=now, dry_run=asked["dry_run"])
    return {**outcome, "warnings": asked["warnings"]}


def _invite_all(invited: Iterable[tuple[Person, list[Role]]], acting_user: User, now: datetime) -> None:
    for person, roles in invited:
        try:
            invite(
                person.email,
                name=person.name,
                language=person.language,
                roles=roles,
                attributes=person.attributes,
                acting_user=acting_user,
                now=now,
            )
        except TooManyAttempts as refusal:
            problem = Problem(f"{person.place}/email", refusal.detail, refusal.code)
            raise Invalid(REFUSED, errors=[problem]) from refusal


def _planned(persons: Sequence[Person], acting_user: User) -> _Plan:
    """In a number of questions that does not grow with the list."""
    plan, named = _Plan(), _roles_by_name()
    at = User.by_address()
    there, first = at.keys(one.email for one in persons), dict[bytes, str]()
    refusal_of = _ungiveable(persons, named, acting_user)
    for person in persons:
        digest = at(person.email)
        earlier = first.setdefault(digest, person.place)
        plan.problems += _wrong_with(person, is_there=digest in there, earlier=earlier)
        plan.problems += misfit(person.attributes, f"{person.place}/attributes")
        roles = [named.get(folded(text), []) for text in person.roles]
        plan.problems += _wrong_with_roles(person, roles, refusal_of)
        plan.invited.append((person, [one for found in roles for one in found[:1]]))
    return plan


def _roles_by_name() -> Mapping[str, list[Role]]:
    """Roles by code; those whose code nobody writes by their name, of which there may be several."""
    found: defaultdict[str, list[Role]] = defaultdict(list)
    roles = [*Role.objects.order_by("pk")]
    for role in roles:
        found[folded(role.name)].append(role)
    return found | {folded(role.code): [role] for role in roles}


def _ungiveable(persons: Sequence[Person], named: Mapping[str, list[Role]], acting_user: User) -> Mapping[Any, str]:
    """Why the caller may not give roles that the list names, by their ids."""
    refused = {}
    wanted = {one for person in persons for text in person.roles for one in named.get(folded(text), [])}
    for role in wanted:
        try:
            refuse_in_person(role)
            refuse_more_than_own(acting_user, lineage.permissions_of(role))
        except NotYoursToGive as refusal:
            refused[role.pk] = refusal.detail
    return refused


def _wrong_with(person: Person, *, is_there: bool, earlier: str) -> Iterator[Problem]:
    if wrong := _wrong_with_address(person.email, is_there, "" if earlier == person.place else earlier):
        yield Problem(f"{person.place}/email", *wrong)
    if len(person.name) > LONGEST["name"]:
        too_long = Sentence("The name is longer than {most} characters.", most=LONGEST["name"])
        yield Problem(f"{person.place}/name", too_long, "max_length")
    known = dict(languages.offered())
    if person.language not in known:
        detail = Sentence("The language must be one of {languages}.", languages=", ".join(known))
        yield Problem(f"{person.place}/language", detail, "invalid_choice")


def _wrong_with_address(address: str, is_there: bool, earlier: str) -> tuple[str, str] | None:
    """What is wrong, and its code; ``earlier`` points to where the list has the same address."""
    if not address:
        return Sentence("There is no e-mail address."), "required"
    if not _is_address(address):
        return Sentence("{address!r} is not an e-mail address.", address=address[:80]), "email"
    if earlier:
        return Sentence("The same e-mail address stands in row {row}.", row=earlier.rpartition("/")[2]), "unique"
    return (HAS_ACCOUNT, "taken") if is_there else None


def _wrong_with_roles(
    person: Person, found: Sequence[Sequence[Role]], refusal_of: Mapping[Any, str]
) -> Iterator[Problem]:
    at = f"{person.place}/roles"
    if not person.roles:
        yield Problem(at, NO_ROLE, "required")
    for text, roles in zip(person.roles, found, strict=True):
        if not roles:
            yield Problem(at, Sentence("There is no role {role!r}.", role=text[:80]), "unknown_role")
        elif len(roles) > 1:
            yield Problem(at, Sentence("Several roles are called {role!r}. Write its code.", role=text), "ambiguous")
        elif roles[0].pk in refusal_of:
            yield Problem(at, refusal_of[roles[0].pk], NotYoursToGive.code)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST["email"]
