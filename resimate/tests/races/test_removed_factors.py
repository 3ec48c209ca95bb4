"""Second factors that two use, rename or remove at the same moment: each decides on what the other has left."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.factors import passkeys, services
from apps.factors.ceremonies import Asked
from apps.factors.models import Approval, Device, Factor, Passkey, Phone, TextCode
from apps.factors.services import approving, proving, reaching, texting
from apps.factors.tests.phone import enrol
from resimate.tests.races.harness import race

pytestmark = [pytest.mark.requirement("SEC-AUTH-001"), pytest.mark.thorough]


@pytest.fixture
def app(ada: User, now: datetime) -> Factor:
    return enrol(ada, now)[0]


def _factor(user: User, kind: str, now: datetime) -> Factor:
    return Factor.objects.create(user=user, key=user.key, kind=kind, confirmed=True, created_at=now)


@pytest.fixture
def push(ada: User, now: datetime) -> Factor:
    factor = _factor(ada, "push", now)
    Device.objects.create(factor=factor, key=ada.key, provider="web", address="{}")
    return factor


def _approval(push: Factor, now: datetime, state: str) -> Approval:
    return Approval.objects.create(user=push.user, key=push.key, factor=push, number="47", created_at=now, state=state)


def test_what_is_removed_is_not_renamed(app: Factor, now: datetime) -> None:
    same = Factor.objects.get(pk=app.pk)

    removed, renamed = race(
        lambda: services.remove_own(app, now=now), lambda: services.rename_factor(same, name="other", now=now)
    )

    assert (removed.code, renamed.code, renamed.waited) == ("", "not_found", True)


def test_with_the_last_of_two_that_are_removed_go_the_codes(
    ada: User, app: Factor, push: Factor, now: datetime
) -> None:
    """Codes stand in for a factor, and are of no use when there is none."""
    first, second = race(*[lambda one=one: services.remove_own(one, now=now) for one in (app, push)])

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert not Factor.objects.filter(user=ada).exists()


def test_the_last_factor_stays_though_its_device_is_lost(app: Factor, push: Factor, now: datetime) -> None:
    asked = _approval(push, now, "pending")

    removed, lost = race(lambda: services.remove_own(app, now=now), lambda: reaching._lose(asked, now=now))

    assert (removed.code, lost.code, lost.waited) == ("", "", True)
    assert Factor.objects.filter(pk=push.pk).exists()
    assert not Device.objects.filter(factor=push).exists()


def test_a_yes_opens_one_session(ada: User, push: Factor, now: datetime) -> None:
    asked = _approval(push, now, "approved")

    def use() -> Approval | None:
        with transaction.atomic():
            return approving.used_up({approving.NOTE: str(asked.pk)}, ada, now)

    first, second = race(use, use)

    assert (first.result, second.result, second.waited) == (asked, None, True)


def test_a_code_by_text_opens_one_session(
    ada: User, app: Factor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texting, "texts_are_offered", lambda: True)
    phone = Phone.objects.create(factor=_factor(ada, "sms", now), key=ada.key, number="+4915123456789")
    sent = TextCode.objects.create(phone=phone, key=ada.key, code="123456", created_at=now)

    first, second = race(*[lambda: texting._use({texting.NOTE: str(sent.pk)}, ada, "123456", now) for _ in range(2)])

    assert (first.result, second.result, second.waited) == (phone.factor, None, True)


def test_of_two_answers_with_one_count_the_second_is_a_copys(
    ada: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the answers say is given here: that they are genuine, others show."""
    passkey = Passkey.objects.create(
        factor=_factor(ada, "passkey", now), key=ada.key, host="acme.localhost", credential_id="c1", handle="h1"
    )
    monkeypatch.setattr(passkeys, "shown", lambda _: passkeys.Shown("c1", "h1"))
    monkeypatch.setattr(passkeys, "count_of", lambda *_, **__: 1)
    proof: Any = proving._Proof("{}", Asked(b"1"), passkeys.Party("acme.localhost", "http://acme.localhost", "Acme"))

    first, second = race(*[lambda: proving._use(ada, proof, now) for _ in range(2)])

    assert (first.result, second.result, second.waited) == ((passkey.factor, ""), (None, "sign_count"), True)
