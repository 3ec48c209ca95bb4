"""Two sign in with one code, or answer one question, at the same moment: it counts once."""

import json
from datetime import datetime

import pytest

from apps.accounts.models import User
from apps.factors import services
from apps.factors.models import Approval, BackupCode, Device, Factor
from apps.factors.services import replacing
from apps.factors.services.approving import LINKS
from apps.factors.tests.fake_push_service import FakePushService
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


@pytest.mark.parametrize("first_is", ["yes", "no"])
def test_of_two_answers_to_one_question_the_second_finds_the_first(ada: User, now: datetime, first_is: str) -> None:
    factor = Factor.objects.create(user=ada, key=ada.key, kind="push", confirmed=True, created_at=now)
    asked = Approval.objects.create(user=ada, key=ada.key, factor=factor, number="47", created_at=now)
    token = LINKS.token_for(asked)
    answers = {
        "yes": lambda: services.approve(token, number="47", now=now),
        "no": lambda: services.deny(token, now=now),
    }

    first, second = race(answers[first_is], answers["yes"])

    assert (first.code, second.code, second.waited) == ("", "approval_over", True)
    assert Approval.objects.get(pk=asked.pk).state == ("approved" if first_is == "yes" else "denied")


def test_of_two_new_addresses_by_one_link_the_second_is_refused(ada: User, now: datetime) -> None:
    factor = Factor.objects.create(user=ada, key=ada.key, kind="push", confirmed=True, created_at=now)
    device = Device.objects.create(factor=factor, key=ada.key, provider="webpush", address="{}")
    token, keys = replacing.LINKS.token_for(device), json.loads(FakePushService().subscription(""))["keys"]
    new, newer = [json.dumps({"endpoint": f"https://9.9.9.9/{one}", "keys": keys}) for one in ("new", "newer")]

    first, second = race(
        lambda: services.replace_address(token, address=new, now=now),
        lambda: services.replace_address(token, address=newer, now=now),
    )

    assert (first.code, second.code, second.waited) == ("", "device_address_over", True)
    assert '9.9.9.9/new"' in Device.objects.get().address
