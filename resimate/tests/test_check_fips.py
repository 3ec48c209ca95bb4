"""`manage.py check_fips`: what it says of modules, answers and algorithms, and when it ends with exit 1."""

import hashlib
import hmac
import io
import json
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.core.management import call_command

from apps.accounts.hashers import Argon2idHasher
from apps.keys import offline
from resimate import checks, fips

pytestmark = pytest.mark.requirement("SEC-DATA-002")
ARGON2ID, PBKDF2 = "apps.accounts.hashers.Argon2idHasher", fips.APPROVED_HASHER


@pytest.fixture(scope="module")
def pair() -> offline.Made:
    return offline.make(2, 2)


@pytest.fixture(autouse=True)
def _made_once(pair: offline.Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "make", lambda *_: pair)


def run(*arguments: str) -> tuple[int, str, str]:
    """The exit code, what is said, and what is refused."""
    out, told = io.StringIO(), io.StringIO()
    try:
        call_command("check_fips", *arguments, stdout=out, stderr=told)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), told.getvalue().strip()
    return 0, out.getvalue(), told.getvalue().strip()


@pytest.fixture
def in_fips_mode(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """As it would be with an OpenSSL that is: there is none here to try it on."""
    monkeypatch.setattr("resimate.fips.openssl", type("openssl", (), {"is_fips_enabled": staticmethod(lambda: True)}))
    monkeypatch.setattr(fips, "_python_in_fips_mode", lambda: True)
    monkeypatch.setattr("resimate.fips.pq", type("pq", (), {"__impl__": "c"}))
    settings.PASSWORD_HASHERS = [PBKDF2, ARGON2ID]


def test_all_answers_that_are_known_are_right_and_named_with_where_they_were_published() -> None:
    code, said, _ = run("--json")

    assert code == 0
    told = json.loads(said)
    assert all(one["right"] for one in told["known_answers"])
    assert {one["source"].split(",")[0] for one in told["known_answers"]} >= {"CAVP", "RFC 4231", "RFC 5869"}
    assert [one["name"] for one in told["modules"]] == ["cryptography", "python", "libpq"]
    assert {one["name"] for one in told["algorithms"] if not one["approved"]} == {"Argon2id", "Shamir's scheme"}


def test_to_people_it_says_the_same_in_lines_and_claims_nothing() -> None:
    code, said, _ = run()

    assert code == 0
    assert "AES-256-GCM" in said
    assert "A mode is no validation" in said
    assert "certified" not in said.lower()


def test_a_wrong_answer_ends_it_whatever_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmac, "digest", lambda *_: b"?" * 32)

    code, said, told = run("--json")

    assert (code, told) == (1, "Not the answers that are known: HMAC-SHA-256.")
    assert json.loads(said)["code"] == "wrong_answers"


def test_an_algorithm_that_a_module_refuses_is_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise ValueError("disabled for FIPS")

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", refuse)

    assert [one.name for one in fips.KNOWN if not fips.is_right(one)] == [
        "PBKDF2-HMAC-SHA-256",
        "RSA-OAEP, 3072 bits, SHA-256",
    ]


def test_where_it_is_required_and_not_so_that_is_one_sentence_and_exit_1(settings: Any) -> None:
    settings.FIPS = "required"

    code, said, told = run("--json")

    assert code == 1
    assert told.startswith("RESIMATE_FIPS=required, and it is not so: cryptography (OpenSSL ")
    assert "\n" not in told
    assert json.loads(said)["code"] == "fips_required"
    assert {one.id for one in checks.refuse_without_fips()} == {"resimate.E014"}


def test_where_it_is_so_that_is_all(settings: Any, in_fips_mode: None) -> None:
    settings.FIPS = "required"

    assert run()[0] == 0
    assert list(fips.lacking()) == []
    assert checks.refuse_without_fips() == []
    assert {one.name: one.in_fips_mode for one in fips.modules()} == {
        "cryptography": True,
        "python": True,
        "libpq": None,
    }


def test_passwords_by_another_hasher_are_lacking_even_in_fips_mode(settings: Any, in_fips_mode: None) -> None:
    settings.PASSWORD_HASHERS = [ARGON2ID, PBKDF2]

    assert list(fips.lacking()) == [
        "New passwords are hashed by Argon2id; RESIMATE_FIPS=required has them hashed by PBKDF2."
    ]


def test_without_it_nothing_is_refused(settings: Any) -> None:
    assert checks.refuse_without_fips() == []


def test_a_password_of_before_is_verified_and_hashed_anew_by_what_is_approved(settings: Any) -> None:
    before = Argon2idHasher().encode("correct horse", "salt of sixteen!")
    settings.PASSWORD_HASHERS = [PBKDF2, ARGON2ID]
    anew: list[str] = []

    assert check_password("correct horse", before, anew.append)
    assert anew == ["correct horse"]
    assert identify_hasher(make_password("correct horse")).algorithm == "pbkdf2_sha256"
