"""A domain beyond ASCII has two spellings; who writes either is one person, in each tenant for itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services, throttle
from apps.accounts.models import Invitation, User
from apps.accounts.services.users import EmailTaken
from apps.accounts.tests.conftest import PASSWORD
from apps.core import crypto
from apps.core.errors import Invalid
from apps.keys import services as keys
from resimate_text.addresses import mailbox
from resimate_text.identity import folded

pytestmark = pytest.mark.requirement("UC-001")

LETTERS, ASCII = "Uwe@Bücher.example", "uwe@XN--BCHER-KVA.example"


def _of_before(user: User) -> None:
    """As a process of the version before wrote it."""
    key = crypto.index_keys("acme").written[1]
    digest = crypto.keyed_digest(folded(str(user.email)), key, "accounts.user|email")
    User.objects.filter(pk=user.pk).update(email_index=digest)


@pytest.mark.parametrize(("one", "other"), [(LETTERS, ASCII), (ASCII, LETTERS)])
@pytest.mark.parametrize("before", [False, True])
def test_a_mailbox_has_one_account_and_is_signed_in_by_either_spelling(
    acme: Any, make_user: Callable[..., User], one: str, other: str, before: bool
) -> None:
    uwe = make_user(one)
    if before:
        _of_before(uwe)

    answers = [
        Client(headers={"host": "acme.localhost"}).post("/sign-in/", {"email": email, "password": PASSWORD})
        for email in (one, other)
    ]
    with pytest.raises(EmailTaken):
        make_user(other)

    assert [answer.status_code for answer in answers] == [302, 302]
    assert User.by_address().keys([other]) == {User.by_address()(one): uwe.pk}
    assert str(User.objects.get().email) == one
    with schema_context("acme"):
        assert keys.verify("acme").problems == []


def test_who_is_invited_by_the_other_spelling_is_who_was_invited(
    admin: User, invite: Callable[..., Invitation]
) -> None:
    first = invite(LETTERS)
    invite(ASCII)
    listed = f"email,role\n{LETTERS},stakeholder\n{ASCII},stakeholder"
    persons, _notes = services.people_in(listed, language="en")
    with pytest.raises(Invalid) as twice:
        services.import_users(persons, acting_user=admin, now=timezone.now(), dry_run=True)

    assert Invitation.objects.get(pk=first.pk).revoked_at is not None
    assert [(one.pointer, one.code) for one in twice.value.errors] == [("/csv/3/email", "unique")]


def test_another_tenant_neither_finds_nor_lacks_it(acme: Any, beta: Any, make_user: Callable[..., User]) -> None:
    make_user(LETTERS)
    with tenant_context(beta):
        assert not User.objects.at(ASCII).exists()
        assert User.objects.at(LETTERS).count() == 0
        make_user(ASCII)
        assert User.objects.at(LETTERS).count() == 1


def test_guesses_are_counted_for_the_mailbox(acme: Any) -> None:
    assert throttle.digest_of(LETTERS) == throttle.digest_of(ASCII)
    assert throttle.digests_of(LETTERS) == throttle.digests_of(ASCII)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x@xn--strae-oqa.example", "x@strasse.example"),
        ("x@xn--abc-.example", "x@abc.example"),
        ("x@xn--999999999.example", "x@999999999.example"),
        ("x@bücher.example", "x@bucher.example"),
        ("x@xn--bcher-kva.example", "x@xn--bcher-kvb.example"),
        ("bücher.example", "x@bücher.example"),
    ],
)
def test_what_only_looks_alike_is_somebody_else(one: str, other: str) -> None:
    assert mailbox(one) != mailbox(other)
    assert len(mailbox("x@" + "xn--bcher-kva." * 100_000)) > 253
