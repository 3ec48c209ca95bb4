"""What people say of themselves is named once: the form has these fields, and nothing else is changed in this way."""

from typing import Any

import pytest

from apps.accounts import services
from apps.accounts.forms import ProfileForm
from apps.accounts.models import User
from apps.accounts.services.users import CHANGEABLE

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


def test_the_form_of_ones_own_account_has_what_can_be_changed() -> None:
    assert set(ProfileForm.base_fields) == CHANGEABLE


@pytest.mark.parametrize("field", ["email", "password", "is_active", "session_epoch", "password_is_first", "id"])
def test_nothing_else_is_changed_of_an_account(admin: User, now: Any, field: str) -> None:
    before = User.objects.values().get(pk=admin.pk)

    with pytest.raises(ValueError, match=field):
        services.change_user(admin, acting_user=admin, now=now, name="Bea", **{field: "x"})

    assert User.objects.values().get(pk=admin.pk) == before


def test_what_is_not_named_stays(admin: User, now: Any) -> None:
    services.change_user(admin, acting_user=admin, now=now, name="Bea", time_zone="Europe/Vienna")
    services.change_user(admin, acting_user=admin, now=now, language="fr")

    changed = User.objects.get(pk=admin.pk)
    assert (changed.name, changed.language, changed.time_zone) == ("Bea", "fr", "Europe/Vienna")
