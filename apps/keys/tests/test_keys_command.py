"""`manage.py keys`: what operators see and do, and what they are told where it cannot be done."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context

from apps.keys import services
from apps.keys.models import DataKey
from apps.keys.tests.answers import Remember, overwrite, stored
from apps.keys.tests.commands import refused, run

pytestmark = [pytest.mark.requirement("SEC-DATA-001"), pytest.mark.django_db(databases=["default", "owner"])]


def test_all_keys_are_listed_without_what_is_secret_of_them(db: None) -> None:
    keys = run("list")["keys"]

    found = {(one["tenant"], one["purpose"], one["version"], one["state"]) for one in keys}
    tenants, purposes = ("acme", "beta", "public"), ("field", "fingerprint", "index", "signing")
    assert found == {(tenant, purpose, 1, "active") for tenant in tenants for purpose in purposes}
    assert not any("wrapped" in one for one in keys)
    assert {one["tenant"] for one in run("list", "--tenant", "public")["keys"]} == {"public"}


def test_they_are_shown_to_people_in_lines(db: None) -> None:
    out = io.StringIO()
    call_command("keys", "list", "--tenant", "acme", stdout=out)

    assert [line.split()[:5] for line in out.getvalue().splitlines()] == [
        ["acme", "field", "1", "active", "created"],
        ["acme", "fingerprint", "1", "active", "created"],
        ["acme", "index", "1", "active", "created"],
        ["acme", "signing", "1", "active", "created"],
    ]


def test_rotating_says_what_was_written_and_resuming_makes_no_key(acme: Any, remember: Remember) -> None:
    remember("Ada")
    with schema_context("public"):
        first = run("rotate", "--tenant", "acme")["rotated"]
        second = run("rotate", "--tenant", "acme", "--resume")["rotated"]

    assert first == [{"tenant": "acme", "version": 2, "written": 1, "left": 0, "failed": []}]
    assert second == [{"tenant": "acme", "version": 2, "written": 0, "left": 0, "failed": []}]


def test_of_all_tenants_each_gets_a_key(db: None) -> None:
    rotated = run("rotate", "--all")["rotated"]

    assert [(one["tenant"], one["version"]) for one in rotated] == [("public", 2), ("acme", 2), ("beta", 2)]


@pytest.mark.requirement("SEC-DATA-002")
def test_the_key_that_signs_rotates_by_itself(acme: Any, remember: Remember) -> None:
    answer = remember("Ada")
    with schema_context("public"):
        before_it = stored(answer)
        told = run("rotate", "--tenant", "acme", "--signing")

        assert told == {"rotated": [{"tenant": "acme", "version": 2}]}
        assert stored(answer) == before_it
        code, answer_, _ = refused("destroy", "--tenant", "acme", "--version", "1", "--purpose", "signing")
        assert (code, answer_["code"]) == (1, "key_in_use")


def test_verifying_counts_what_is_well_and_names_what_is_not(acme: Any, remember: Remember) -> None:
    answers = [remember(name) for name in ("Ada", "Bo")]
    with schema_context("public"):
        assert run("verify", "--tenant", "acme")["verified"] == [
            {"tenant": "acme", "keys": 4, "values": 2, "problems": [], "more": 0}
        ]
        of_platform = run("verify", "--tenant", "public")["verified"]
        assert of_platform == [{"tenant": "public", "keys": 4, "values": 0, "problems": [], "more": 0}]
        overwrite(answers[0], stored(answers[1]))
        code, answer, told = refused("verify", "--tenant", "acme")

    assert code == 1
    assert answer["code"] == "undecryptable"
    assert told == f"acme: core.RememberedAnswer.body {answers[0].pk}: it is damaged, or was written to another place"


def test_a_key_encryption_key_that_is_another_one_is_said(acme: Any, settings: Any) -> None:
    from apps.core.memory import forget_all

    settings.ENCRYPTION_KEY = b"another key of thirty-two bytes!"
    forget_all()

    with schema_context("public"):
        code, _, told = refused("verify", "--tenant", "acme")
    assert code == 1
    assert "acme: field key 1: ENCRYPTION_KEY does not unwrap it" in told


def test_a_key_is_destroyed_by_its_number(acme: Any, now: Any) -> None:
    with schema_context("public"):
        services.rotate("acme", now=now)
        services.reencrypt_rest("acme", now=now + timedelta(days=1))

        assert run("destroy", "--tenant", "acme", "--version", "1")["state"] == "destroyed"
    assert DataKey.objects.of("acme").usable().get().version == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("rotate", "--tenant", "nobody"), "tenant_unknown"),
        (("verify", "--tenant", "nobody"), "tenant_unknown"),
        (("destroy", "--tenant", "acme", "--version", "9"), "key_unknown"),
        (("destroy", "--tenant", "acme", "--version", "1"), "key_in_use"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_1(db: None, arguments: tuple[str, ...], code: str) -> None:
    ended, answer, told = refused(*arguments)

    assert (ended, answer["code"], answer["detail"]) == (1, code, told)
    assert told.endswith(".")
    assert "\n" not in told
