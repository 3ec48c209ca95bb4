"""A password is what somebody typed: any characters, all of them, for as long as it stays secret (ASVS 5.0, 6.2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.forms import NewPasswordForm, PasswordForm, SignInForm

pytestmark = pytest.mark.requirement("SEC-AUTH-001")
LONG = f"  {'Ω'} lower case letters alone, {'and many of them ' * 8} "


def _opens(password: str) -> bool:
    answer = Client(headers={"host": "acme.localhost"}).post(
        "/sign-in/", {"email": "ada@acme.example", "password": password}
    )
    return answer.status_code == 302


@pytest.mark.parametrize("password", [LONG, "alllowercaseletters", "83519472638193", "ÄÖÜ ςσ 中文密码 🚲🚲🚲"])
def test_any_characters_will_do(password: str, acme: Any, now: datetime) -> None:
    services.create_user("ada@acme.example", password=password, now=now)

    assert _opens(password)


@pytest.mark.parametrize("other", [LONG.strip(), LONG.upper(), LONG[:72], LONG[:-1], f"{LONG} "])
def test_nothing_is_cut_off_nor_spelt_otherwise(other: str, acme: Any, now: datetime) -> None:
    assert len(LONG) > 128
    services.create_user("ada@acme.example", password=LONG, now=now)

    assert not _opens(other)


def test_a_password_is_good_until_somebody_changes_it(acme: Any, now: datetime) -> None:
    services.create_user("ada@acme.example", password=LONG, now=now - timedelta(days=3650))

    assert _opens(LONG)


@pytest.mark.parametrize("form", [SignInForm, PasswordForm, NewPasswordForm])
def test_its_field_hides_it_and_lets_password_managers_help(form: Any) -> None:
    fields = [field.widget for name, field in form.base_fields.items() if "password" in name or name == "present"]

    assert fields
    assert {field.input_type for field in fields} == {"password"}
    assert {field.attrs["autocomplete"] for field in fields} <= {"current-password", "new-password"}
