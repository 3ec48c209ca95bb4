"""A key of a program is replaced while somebody ends it or replaces it too: what has ended has none that follows."""

from datetime import datetime

import pytest

from apps.accounts import services
from apps.accounts.models import ApiKey, User
from apps.core.fields import new_id
from resimate.tests.races.harness import race

pytestmark = pytest.mark.requirement("SEC-001")


@pytest.fixture
def key(ada: User, now: datetime) -> ApiKey:
    owner = services.create_user(f"{new_id()}@acme.example", password="seven purple bicycles", now=now)
    return services.create_api_key(owner, name="k", now=now)[0]


def replace(key: ApiKey, now: datetime) -> None:
    owner = User.objects.get(pk=key.user_id)
    services.rotate_api_key(ApiKey.objects.get(pk=key.pk), acting_user=owner, now=now)


def opening(key: ApiKey, now: datetime) -> int:
    return ApiKey.objects.filter(user=key.user_id, revoked_at=None, expires_at__gt=now).count()


def test_a_key_that_is_being_revoked_has_none_that_follows(key: ApiKey, now: datetime) -> None:
    revoking, replacing = race(
        lambda: services.revoke_api_key(key, acting_user=None, now=now), lambda: replace(key, now)
    )

    assert (revoking.code, replacing.code, replacing.waited) == ("", "api_key_ended", True)
    assert opening(key, now) == 0


def test_one_that_is_being_replaced_ends_with_its_account(key: ApiKey, now: datetime) -> None:
    replacing, closing = race(
        lambda: replace(key, now), lambda: services.deactivate_user(key.user, acting_user=None, now=now)
    )

    assert (replacing.code, closing.code, closing.waited) == ("", "", True)
    assert opening(key, now) == 0
