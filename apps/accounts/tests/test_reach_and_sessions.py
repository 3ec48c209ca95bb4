"""What was begun in somebody's name goes no further than they could now: a job by its reach, a session by its age."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from apps.accounts import authz, reach, services, sessions
from apps.accounts.models import ApiKey, User
from apps.core.models import Job

pytestmark = pytest.mark.requirement("SEC-AUTH-002", "AUTH-002")


def _close(user: User) -> None:
    """Only the account, with nothing of what else ends when somebody closes it."""
    User.objects.filter(pk=user.pk).update(is_active=False)


def _begin_anew(user: User) -> None:
    User.objects.filter(pk=user.pk).update(session_epoch=user.session_epoch + 1)


def _revoke(user: User) -> None:
    ApiKey.objects.filter(user=user).update(revoked_at=timezone.now())


@pytest.mark.parametrize("by_key", [True, False])
def test_a_job_acts_as_who_asked_for_it(admin: User, now: datetime, by_key: bool) -> None:
    if by_key:
        key, _ = services.create_api_key(admin, name="jobs", now=timezone.now())
        authz.narrow(admin, key)

    user = reach.acting_user_of(Job(requested_by=admin.pk, reach=reach.reach_of(admin)))

    assert (user, bool(authz.key_of(user))) == (admin, by_key)


@pytest.mark.parametrize(("by_key", "then"), [(False, _close), (False, _begin_anew), (True, _close), (True, _revoke)])
def test_a_job_is_refused_once_who_asked_for_it_may_not_go_on(
    admin: User, by_key: bool, then: Callable[[User], None]
) -> None:
    if by_key:
        key, _ = services.create_api_key(admin, name="jobs", now=timezone.now())
        authz.narrow(admin, key)
    job = Job(requested_by=admin.pk, reach=reach.reach_of(admin))
    then(admin)

    with pytest.raises(reach.ReachLost):
        reach.acting_user_of(job)


@pytest.mark.parametrize("what", ["session:0", f"key:{UUID(int=0)}"])
def test_a_job_of_nobody_who_is_there_is_refused(admin: User, what: str) -> None:
    nobody = uuid4() if what.startswith("session") else admin.pk

    with pytest.raises(reach.ReachLost):
        reach.acting_user_of(Job(requested_by=nobody, reach=what))


def test_a_key_is_good_for_the_jobs_of_its_own_user_alone(admin: User, analyst: User) -> None:
    key, _ = services.create_api_key(admin, name="jobs", now=timezone.now())

    with pytest.raises(reach.ReachLost):
        reach.acting_user_of(Job(requested_by=analyst.pk, reach=f"key:{key.pk}"))


DAY, HOUR = 24 * 3600, 3600


@pytest.mark.parametrize(
    ("schema", "begun", "seen", "alive"),
    [
        ("acme", HOUR, 0, True),
        ("beta", HOUR, 0, False),
        ("", HOUR, 0, False),
        ("acme", DAY, 0, False),
        ("acme", HOUR, HOUR, False),
    ],
)
def test_a_session_goes_on_where_it_began_while_it_is_young_and_in_use(
    acme: Any, now: datetime, schema: str, begun: int, seen: int, alive: bool
) -> None:
    held = {"schema": acme.schema_name if schema == "acme" else schema}
    for name, ago in (("signed_in_at", begun), ("seen_at", seen)):
        held[name] = (now - timedelta(seconds=ago)).timestamp()

    assert sessions.is_alive(held, now) is alive
