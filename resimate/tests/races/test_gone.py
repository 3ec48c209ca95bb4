"""Whoever waits for a row that is taken away meanwhile is told that it is gone: a verb locks first, then reads.

Without its lock the verb goes by what it read too early: it acts on what is not there, or fails on the way.
"""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model

from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, Role, User
from apps.audit.models import AuditEntry
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.tests.story import BO, CY, DOCUMENT, part_of
from apps.core.fields import new_id
from apps.elicitation import services as elicitation
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.tests import story as weights
from apps.files import services as files
from apps.files.tests.story import NOTE
from apps.models import services as models
from apps.models.models import Assessment, Import, ModelVersion, ResilienceModel, Subject
from apps.outreach import services as outreach
from resimate.tests.races.harness import race

Verb = Callable[[Any, User, datetime], Any]


def one_of_a_kind(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "code": f"harbour_{new_id().hex}"}


@pytest.fixture
def version(acme: None, now: datetime) -> ModelVersion:
    return models.import_document(one_of_a_kind(DOCUMENT), acting_user=None, now=now)


@pytest.fixture
def model(version: ModelVersion) -> ResilienceModel:
    return version.model


@pytest.fixture
def subject(acme: None, now: datetime) -> Subject:
    return models.create_subject(code=f"s{new_id().hex}", name="Harbour", acting_user=None, now=now)


@pytest.fixture
def assessment(version: ModelVersion, subject: Subject, now: datetime) -> Assessment:
    version = models.publish_version(version, acting_user=None, now=now)
    return models.create_assessment(version=version, subject=subject, period="2026", acting_user=None, now=now)


@pytest.fixture
def campaign(version: ModelVersion, subject: Subject, ada: User, now: datetime) -> Campaign:
    """A draft with two people in it."""
    version = models.publish_version(version, acting_user=None, now=now)
    closes_at = now + timedelta(days=14)
    made = campaigns.create_campaign(
        name="Check", version=version, subject=subject, closes_at=closes_at, acting_user=ada, now=now
    )
    campaigns.add_stakeholders(made, [BO, CY], acting_user=ada, now=now)
    return made


@pytest.fixture
def participation(campaign: Campaign) -> Participation:
    return part_of(campaign, BO)


@pytest.fixture
def stakeholder(acme: None, now: datetime) -> Stakeholder:
    return campaigns.create_stakeholder(
        campaigns.Contact("Di Dorn", f"di-{new_id()}@example.org"), acting_user=None, now=now
    )


@pytest.fixture
def asked(acme: None, ada: User, now: datetime) -> WeightElicitation:
    version = models.import_document(one_of_a_kind(weights.DOCUMENT), acting_user=ada, now=now)
    return elicitation.create_elicitation(
        name="What matters", version=version, method="budget_allocation", nodes=("all",), acting_user=ada, now=now
    )


@pytest.fixture
def expert(asked: WeightElicitation, ada: User, now: datetime) -> Expert:
    elicitation.add_experts(asked, [weights.BO], acting_user=ada, now=now)
    return weights.expert(asked, weights.BO)


@pytest.fixture
def user(acme: None, now: datetime) -> User:
    return User.objects.create(email=f"bea-{new_id()}@acme.example", created_at=now)


@pytest.fixture
def role(acme: None, now: datetime) -> Role:
    code = f"r{new_id().hex[:20]}"
    return accounts.create_role(code, name="R", permissions=["campaigns:tenant:read"], acting_user=None, now=now)


@pytest.fixture
def grant(user: User, role: Role, now: datetime) -> Any:
    return accounts.grant_role(user, role, acting_user=None, now=now)


@pytest.fixture
def key(user: User, now: datetime) -> ApiKey:
    return accounts.create_api_key(user, name="k", now=now)[0]


@pytest.fixture
def record(acme: None, now: datetime) -> Import:
    made: dict[str, Any] = {"model": None, "version": None, "subjects": [], "assessments": [], "values": ""}
    return Import.objects.create(kind="files", made=made, created_at=now)


def later(now: datetime) -> datetime:
    return now + timedelta(days=20)


#: Of each thing the verbs that lock it.
VERBS: dict[str, list[Verb]] = {
    "campaign": [
        lambda it, ada, now: campaigns.change_campaign(it, {"name": "Other"}, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.delete_campaign(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.open_campaign(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.extend_campaign(it, later(now), acting_user=ada, now=now),
        lambda it, ada, now: campaigns.close_campaign(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.remind(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.add_stakeholders(it, [BO], acting_user=ada, now=now),
    ],
    "participation": [
        lambda it, ada, now: campaigns.remove_person(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.remind_person(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.show_link(it, acting_user=ada, now=now),
        lambda it, ada, now: campaigns.renew_link(it, acting_user=ada, now=now),
        lambda it, ada, now: outreach.revoke_link(it, acting_user=ada, now=now),
    ],
    "stakeholder": [
        lambda it, ada, now: campaigns.change_stakeholder(it, {"name": "Di"}, acting_user=ada, now=now),
    ],
    "asked": [
        lambda it, ada, now: elicitation.change_elicitation(it, {"name": "Other"}, acting_user=ada, now=now),
        lambda it, ada, now: elicitation.delete_elicitation(it, acting_user=ada, now=now),
        lambda it, ada, now: elicitation.open_elicitation(it, acting_user=ada, now=now),
        lambda it, ada, now: elicitation.remind(it, acting_user=ada, now=now),
        lambda it, ada, now: elicitation.close_elicitation(it, acting_user=ada, now=now),
        lambda it, ada, now: elicitation.add_experts(it, [weights.CY], acting_user=ada, now=now),
        lambda it, ada, now: elicitation.enter_judgements(it, [], acting_user=ada, now=now),
        lambda it, ada, now: elicitation.apply_weights(it, acting_user=ada, now=now),
    ],
    "expert": [
        lambda it, ada, now: elicitation.delete_expert(it, acting_user=ada, now=now),
        lambda it, ada, now: elicitation.renew_link(it, acting_user=ada, now=now),
    ],
    "user": [
        lambda it, ada, now: accounts.change_user(it, acting_user=ada, now=now, name="Bea", language="de"),
        lambda it, ada, now: accounts.reset_password(it, acting_user=ada, now=now),
        lambda it, ada, now: accounts.deactivate_user(it, acting_user=ada, now=now),
        lambda it, ada, now: accounts.activate_user(it, acting_user=ada, now=now),
    ],
    "role": [
        lambda it, ada, now: accounts.change_role(it, name="Other", permissions=[], acting_user=ada, now=now),
        lambda it, ada, now: accounts.delete_role(it, acting_user=ada, now=now),
        lambda it, ada, now: accounts.grant_role(ada, it, acting_user=ada, now=now),
    ],
    "grant": [lambda it, ada, now: accounts.revoke_grant(it, acting_user=ada, now=now)],
    "key": [lambda it, ada, now: accounts.revoke_api_key(it, acting_user=ada, now=now)],
    "subject": [lambda it, ada, now: models.update_subject(it, acting_user=ada, now=now, name="Other")],
    "model": [
        lambda it, ada, now: models.rename_model(it, name={"en": "Other"}, acting_user=ada, now=now),
        lambda it, ada, now: models.delete_model(it, acting_user=ada, now=now),
        lambda it, ada, now: models.update_draft(it.versions.get(), {}, acting_user=ada, now=now),
        lambda it, ada, now: models.publish_version(it.versions.get(), acting_user=ada, now=now),
        lambda it, ada, now: models.retire_version(it.versions.get(), acting_user=ada, now=now),
    ],
    "assessment": [
        lambda it, ada, now: models.set_values(it, {}, acting_user=ada, now=now),
        lambda it, ada, now: models.lock_assessment(it, acting_user=ada, now=now),
        lambda it, ada, now: models.delete_assessment(it, acting_user=ada, now=now),
        lambda it, ada, now: models.create_response(it, rater="r1", acting_user=ada, now=now),
        lambda it, ada, now: models.score_assessment(it, now=now),
    ],
    "record": [lambda it, ada, now: models.undo_import(it, acting_user=ada, now=now)],
}
CASES = [(thing, verb) for thing, verbs in VERBS.items() for verb in verbs]


def name_of(verb: Any) -> str:
    return verb if isinstance(verb, str) else str(verb.__code__.co_names[1])


@pytest.mark.parametrize(("thing", "verb"), CASES, ids=name_of)
def test_what_was_taken_away_meanwhile_is_gone(
    thing: str, verb: Verb, ada: User, now: datetime, request: pytest.FixtureRequest
) -> None:
    row: Model = request.getfixturevalue(thing)
    others = type(row)._default_manager.filter(pk=row.pk)

    _, late = race(others.delete, lambda: verb(row, ada, now))

    assert (late.code, late.waited) == ("not_found", True)


def test_a_campaign_that_was_taken_away_meanwhile_is_not_closed(campaign: Campaign, ada: User, now: datetime) -> None:
    campaigns.open_campaign(campaign, acting_user=ada, now=now)

    _, late = race(
        Campaign.objects.filter(pk=campaign.pk).delete, lambda: campaigns.close_when_due(campaign.pk, now=later(now))
    )

    assert (late.error, late.result) == (None, False)


def test_a_file_is_deleted_once(ada: User, now: datetime, settings: Any, tmp_path: Path) -> None:
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    file = files.keep(NOTE, io.BytesIO(b"The dike held."), name="dike.txt", now=now)

    first, second = race(*[lambda: files.delete(file, now=now, acting_user=ada)] * 2)

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert AuditEntry.objects.filter(action="stored_file.deleted", object_id=str(file.pk)).count() == 1
