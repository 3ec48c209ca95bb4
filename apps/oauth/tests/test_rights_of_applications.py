"""Verbs about applications ask for the right themselves, whoever calls them; and keep to the tenant they are for."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context
from jwt.algorithms import ECAlgorithm

from apps.accounts.models import User
from apps.core.errors import Refused
from apps.oauth import services, signing, tasks
from apps.oauth.models import Application, Authorization, SigningKey
from apps.oauth.services.authorizations import LIFE
from apps.oauth.tests.conftest import BACK, SCOPES, Program, status

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-002")


@pytest.mark.parametrize("verb", ["register", "change", "replace", "retire"])
def test_who_may_not_is_refused_by_the_verb_itself(register: Any, analyst: User, verb: str) -> None:
    application = register("confidential").application
    more: Any = {"acting_user": analyst, "now": timezone.now()}
    verbs = {
        "register": lambda: services.register_application("Other", redirect_uris=[BACK], scopes=SCOPES, **more),
        "change": lambda: services.change_application(application, name="Other", **more),
        "replace": lambda: services.replace_secret(application, **more),
        "retire": lambda: services.retire_application(application, **more),
    }

    with pytest.raises(Refused) as refusal:
        verbs[verb]()

    assert refusal.value.status == 403
    kept = Application.objects.get()
    assert (kept.name, kept.ended_at, kept.secret_digest) == ("Planner", None, application.secret_digest)


def test_the_administration_changes_what_lives_and_deletes_nothing(program: Program, browser: Client) -> None:
    change = reverse("admin:oauth_application_change", args=[program.application.pk])
    said = {"name": "Scheduler", "redirect_uris": BACK, "scopes-may": "users:read"}

    assert browser.post(change, said).status_code == 302
    assert Application.objects.get().name == "Scheduler"
    assert browser.get(change.replace("change", "delete")).status_code == 403
    services.retire_application(program.application, acting_user=None, now=timezone.now())
    assert browser.post(change, {**said, "name": "Planner"}).status_code == 403
    assert Application.objects.get().name == "Scheduler"


def test_the_clock_removes_what_is_over_in_each_tenant(program: Program, browser: Client, clock: Any) -> None:
    program.tokens(browser)
    services.end_authorization(Authorization.objects.get(), why="revoked", acting_user=None, now=clock.moment)
    clock.moment += LIFE + timedelta(seconds=1)

    with schema_context("public"):
        tasks.forget()

    assert not Authorization.objects.exists()


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_replaces_the_key_of_the_tenant_that_is_named(acme: Any, capsys: Any) -> None:
    before = signing.active(timezone.now())

    with schema_context("public"):
        call_command("oauth_keys", "rotate", "--tenant", "acme", "--json")

    assert json.loads(capsys.readouterr().out)["signs"] == str(signing.active(timezone.now()).pk) != str(before.pk)


def test_a_key_that_is_remembered_is_forgotten_when_it_was_stolen(program: Program, browser: Client) -> None:
    token = program.tokens(browser)["access_token"]
    assert status(token) == 200

    services.rotate_signing_key(now=timezone.now(), at_once=True)

    assert status(token) == 401


def test_a_key_of_the_same_id_at_another_tenant_is_another(program: Program, browser: Client, beta: Any) -> None:
    kid, now = jwt.get_unverified_header(program.tokens(browser)["access_token"])["kid"], timezone.now()
    with tenant_context(beta):
        made = signing.active(now)
        SigningKey.objects.filter(pk=made.pk).update(verifies_until=now)
        SigningKey.objects.create(pk=kid, private=made.private, public=made.public, made_at=now)

    ours = signing.verifying(kid, now).public_numbers()
    with tenant_context(beta):
        theirs = signing.verifying(kid, now).public_numbers()

    expected: Any = ECAlgorithm.from_jwk(json.dumps(made.public))
    assert theirs == expected.public_numbers() != ours
