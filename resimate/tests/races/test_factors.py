"""Two sign in with one code at the same moment: it opens once."""

from datetime import datetime

import pytest

from apps.accounts.models import User
from apps.factors import services
from apps.factors.models import BackupCode, Factor
from apps.factors.tests.phone import code_of, enrol
from resimate.tests.races.harness import race

pytestmark = pytest.mark.requirement("SEC-AUTH-001")


@pytest.mark.parametrize("kind", ["app", "backup"])
def test_of_two_with_one_code_the_second_is_refused(ada: User, now: datetime, kind: str) -> None:
    factor, codes = enrol(ada, now)
    code = code_of(factor.seed, now) if kind == "app" else codes[0]

    first, second = race(*[lambda: services.verify(ada, code, now=now) for _ in range(2)])

    assert (first.code, second.code, second.waited) == ("", "wrong_code", True)
    assert BackupCode.objects.filter(factor__user=ada, used_at=None).count() == (10 if kind == "app" else 9)


def test_what_is_being_removed_opens_nothing(ada: User, now: datetime) -> None:
    factor, _ = enrol(ada, now)
    code = code_of(factor.seed, now)

    removed, used = race(lambda: services.remove_own(factor, now=now), lambda: services.verify(ada, code, now=now))

    assert (removed.code, used.code, used.waited) == ("", "wrong_code", True)
    assert not Factor.objects.filter(user=ada).exists()
