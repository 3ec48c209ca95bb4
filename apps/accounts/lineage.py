"""Roles that build on roles: what a role means with all that it inherits, and what an account is given so.

Each question is one statement. It ends for a cycle too, which services refuse: what was found is not found again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.accounts.models import Inheritance, Role, User

_MEANT = """meant (top_id, role_id) AS (
        SELECT id, id FROM ({tops}) AS tops (id)
        UNION
        SELECT meant.top_id, i.parent_id FROM meant JOIN accounts_inheritance i ON i.child_id = meant.role_id
    )"""
_VALID = "(valid_from IS NULL OR valid_from <= {moment}) AND (valid_until IS NULL OR valid_until > {moment})"
#: The lines of each role that an account has now, with all the objects they are for: NULL among these is everything.
#: Of whoever handed a role on to it, and is still active, the lines that are their own stand beside, as ``holder_id``.
GIVEN = f"""
    WITH RECURSIVE theirs AS (
        SELECT delegator_id, role_id, denies, in_person, object_id FROM accounts_grant
        WHERE user_id = {{user}} AND {_VALID}
    ), given (holder_id, delegator_id, role_id, denies, in_person, objects) AS (
        SELECT NULL::uuid, delegator_id, role_id, denies, in_person, array_agg(object_id) FROM theirs
        GROUP BY delegator_id, role_id, denies, in_person
        UNION ALL
        SELECT user_id, NULL, role_id, denies, false, array_agg(object_id) FROM accounts_grant
        WHERE user_id IN (SELECT d.id FROM accounts_user d JOIN theirs ON d.id = theirs.delegator_id AND d.is_active)
            AND delegator_id IS NULL AND NOT in_person AND {_VALID}
        GROUP BY user_id, role_id, denies
    ), {_MEANT.format(tops="SELECT DISTINCT role_id FROM given")}
    SELECT r.permissions, given.objects, given.denies, given.holder_id, given.delegator_id, given.in_person
    FROM given JOIN meant ON meant.top_id = given.role_id JOIN accounts_role r ON r.id = meant.role_id
"""  # noqa: S608  names of our own tables and columns
_OF_USER = GIVEN.format(user="%(user)s", moment="%(moment)s")
#: The same of several accounts, each line with whose it is.
_OF_USERS = f"""
    SELECT given.*, one.id FROM unnest(%(users)s::uuid[]) AS one (id)
    CROSS JOIN LATERAL ({GIVEN.format(user="one.id", moment="%(moment)s")}) AS given
"""  # noqa: S608  names of our own tables and columns
_OF_ROLES = f"WITH RECURSIVE {_MEANT.format(tops='SELECT unnest(%s::uuid[])')} SELECT top_id, role_id FROM meant"  # noqa: S608  as above
_WAY = """
    WITH RECURSIVE way (id, level) AS (
        SELECT unnest(%s::uuid[]), 1
        UNION
        SELECT i.{onward}, way.level + 1 FROM way JOIN accounts_inheritance i ON i.{here} = way.id WHERE way.level < 50
    )
    SELECT {what} FROM way
"""
_ABOVE = _WAY.format(onward="parent_id", here="child_id", what="coalesce(max(level), 0)")
_BELOW = _WAY.format(onward="child_id", here="parent_id", what="max(level)")
_BUILDING_ON = _WAY.format(onward="child_id", here="parent_id", what="DISTINCT id")


Given = tuple[list[str], list[UUID | None], bool, UUID | None, UUID | None, bool]


def given(user: User, moment: datetime) -> list[Given]:
    """What the grants of an account say at a moment: lines, the objects they are for, and whether they deny.

    Then whose they are, where they are a delegator's own; who handed them on to the account, where somebody did; and
    whether they count for who signed in alone.
    """
    return _rows(_OF_USER, {"user": user.pk, "moment": moment})


def given_to(users: Iterable[UUID], moment: datetime) -> dict[UUID, list[Given]]:
    """The same of each of several accounts; whoever is given nothing has an empty list."""
    found: dict[UUID, list[Given]] = {pk: [] for pk in users}
    for *line, whose in _rows(_OF_USERS, {"users": [*found], "moment": moment}) if found else ():
        found[whose].append(tuple(line))
    return found


def of(roles: Iterable[UUID]) -> dict[UUID, list[Role]]:
    """Each of these roles with all that it builds on: itself first, the others by name."""
    pairs = _rows(_OF_ROLES, [list(roles)])
    known = Role.objects.in_bulk({pk for _, pk in pairs})
    found: dict[UUID, list[Role]] = {}
    for top, pk in sorted(pairs, key=lambda pair: (pair[0] != pair[1], known[pair[1]].name, pair[1])):
        found.setdefault(top, []).append(known[pk])
    return found


def inherited_by(roles: Iterable[Role]) -> dict[UUID, list[str]]:
    """The lines that roles have from others, without those that they say themselves."""
    means = of(role.pk for role in roles)
    return {top: _lines(others, but=itself.permissions) for top, (itself, *others) in means.items()}


def permissions_of(role: Role) -> list[str]:
    """All lines of a role: its own, then what it inherits."""
    return _lines(of([role.pk])[role.pk])


def permissions_with(permissions: Sequence[str], parents: Iterable[Role]) -> list[str]:
    """All lines of a role that would say these itself, and build on those roles."""
    means = of(parent.pk for parent in parents)
    return list(dict.fromkeys([*permissions, *(text for roles in means.values() for text in _lines(roles))]))


def levels_above(roles: Iterable[Role]) -> int:
    """How many roles stand above one another here at most, these included; none without any."""
    return int(_rows(_ABOVE, [[role.pk for role in roles]])[0][0])


def levels_below(role: Role) -> int:
    """How many build on one another here at most, this one included."""
    return int(_rows(_BELOW, [[role.pk]])[0][0])


def building_on(role: Role) -> set[UUID]:
    """The role and all that build on it, at whatever distance."""
    return {pk for (pk,) in _rows(_BUILDING_ON, [[role.pk]])}


def children_of(role: Role) -> QuerySet[Role]:
    """Those that build on a role themselves."""
    return Role.objects.filter(pk__in=Inheritance.objects.filter(parent=role).values("child")).order_by("name")


def _lines(roles: Iterable[Role], but: Sequence[str] = ()) -> list[str]:
    return list(dict.fromkeys(text for role in roles for text in role.permissions if text not in but))


def _rows(statement: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows
