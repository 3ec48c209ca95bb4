"""A verb asks for the right to it, whichever face calls it: whoever holds nothing is refused by the service itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.authz import NotPermitted
from apps.accounts.models import User
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, CY, DOCUMENT, make_version
from apps.core import rights
from apps.core.errors import Invalid
from apps.elicitation import services as elicitations
from apps.elicitation.models import WeightElicitation
from apps.elicitation.tests import story as weights
from apps.models import services as models
from apps.models.models import ModelVersion, ResilienceModel, Subject

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


@dataclass
class World:
    version: ModelVersion
    draft: ModelVersion
    subject: Subject
    campaign: Campaign
    elicitation: WeightElicitation
    unjudged: WeightElicitation
    unused: ResilienceModel
    now: datetime


@pytest.fixture
def world(acme: Any, now: datetime) -> World:
    version = make_version(now)
    draft = models.import_document({**weights.DOCUMENT, "code": "weighed"}, acting_user=None, now=now)
    unused = models.import_document({**DOCUMENT, "code": "unused"}, acting_user=None, now=now).model
    subject = models.create_subject(code="harbour", name="Harbour", acting_user=None, now=now)
    campaign = campaigns.create_campaign(
        name="Check",
        version=version,
        subject=subject,
        closes_at=now + timedelta(days=9),
        acting_user=None,
        now=now,
    )
    campaigns.create_stakeholder(BO, acting_user=None, now=now)
    elicitation, unjudged = [
        elicitations.create_elicitation(
            name=name, version=draft, method="budget_allocation", nodes=["plans"], acting_user=None, now=now
        )
        for name in ("Weights", "Others")
    ]
    elicitations.add_experts(elicitation, [BO], acting_user=None, now=now)
    weights.judge(elicitation, BO, {"plans": weights.POINTS["plans"]}, now)
    return World(version, draft, subject, campaign, elicitation, unjudged, unused, now)


Verb = Callable[[World, User], Any]


def _rename_program(it: World, user: User) -> Any:
    program = accounts.create_service_account("Feed", owner=user, acting_user=None, now=it.now)
    return accounts.change_service_account(program, name="Other", owner=user, acting_user=user, now=it.now)


def _apply(it: World, user: User) -> Any:
    WeightElicitation.objects.update(status=WeightElicitation.Status.CLOSED, opened_at=it.now, closed_at=it.now)
    return elicitations.apply_weights(it.elicitation, acting_user=user, now=it.now)


def _assess(it: World, user: User) -> Any:
    return models.create_assessment(version=it.version, subject=it.subject, period="2026", acting_user=user, now=it.now)


#: Each verb that asks, and the rights with which it is not refused; one alone of them is not enough.
VERBS: dict[str, tuple[Verb, list[str]]] = {
    "create a subject": (
        lambda it, user: models.create_subject(code="quay", name="Quay", acting_user=user, now=it.now),
        ["subjects:tenant:create"],
    ),
    "create a model": (
        lambda it, user: models.import_document({**DOCUMENT, "code": "new"}, acting_user=user, now=it.now),
        ["models:tenant:create"],
    ),
    "publish": (
        lambda it, user: models.publish_version(it.draft, acting_user=user, now=it.now),
        ["models:tenant:publish"],
    ),
    "retire": (
        lambda it, user: models.retire_version(it.version, acting_user=user, now=it.now),
        ["models:tenant:retire"],
    ),
    "rename": (
        lambda it, user: models.rename_model(it.draft.model, name={"en": "Other"}, acting_user=user, now=it.now),
        ["models:tenant:update"],
    ),
    "delete a model": (
        lambda it, user: models.delete_model(it.unused, acting_user=user, now=it.now),
        ["models:tenant:delete"],
    ),
    "assess": (_assess, ["assessments:tenant:create", "models:tenant:read", "subjects:tenant:read"]),
    "export values": (
        lambda it, user: models.export_coinr(it.draft, acting_user=user),
        ["assessments:tenant:read"],
    ),
    "create a campaign": (
        lambda it, user: campaigns.create_campaign(
            name="Mine",
            version=it.version,
            subject=it.subject,
            closes_at=it.now + timedelta(days=3),
            acting_user=user,
            now=it.now,
        ),
        ["campaigns:tenant:create", "models:tenant:read", "subjects:tenant:read"],
    ),
    "add somebody new": (
        lambda it, user: campaigns.add_stakeholders(it.campaign, [CY], acting_user=user, now=it.now),
        ["stakeholders:tenant:create"],
    ),
    "add somebody known": (
        lambda it, user: campaigns.add_stakeholders(
            it.campaign, [], known=[*campaigns.find_by_email(BO.email)], acting_user=user, now=it.now
        ),
        ["stakeholders:tenant:read"],
    ),
    "rename somebody while adding them": (
        lambda it, user: campaigns.add_stakeholders(
            it.campaign, [replace(BO, name="Other", rename=True)], acting_user=user, now=it.now
        ),
        ["stakeholders:tenant:create", "stakeholders:tenant:update"],
    ),
    "choose another version": (
        lambda it, user: campaigns.change_campaign(it.campaign, {"version": it.version}, acting_user=user, now=it.now),
        ["models:tenant:read"],
    ),
    "begin to weigh": (
        lambda it, user: elicitations.create_elicitation(
            name="Again", version=it.draft, method="budget_allocation", nodes=["all"], acting_user=user, now=it.now
        ),
        ["models:tenant:update"],
    ),
    "ask anew": (
        lambda it, user: elicitations.change_elicitation(it.unjudged, {"nodes": ["all"]}, acting_user=user, now=it.now),
        ["models:tenant:update"],
    ),
    "apply weights": (_apply, ["models:tenant:update"]),
    "give a program an account": (
        lambda it, user: accounts.create_service_account("Feed", owner=user, acting_user=user, now=it.now),
        ["users:tenant:create"],
    ),
    "rename a program": (_rename_program, ["users:tenant:update"]),
}


def _refusal(it: World, verb: Verb, permissions: list[str]) -> str:
    """What somebody with these rights is refused for, if they are; whatever was done is undone."""
    with transaction.atomic():
        user = User.objects.create(email="pat@acme.example", created_at=it.now)
        role = accounts.create_role("pats", name="R", permissions=permissions, acting_user=None, now=it.now)
        accounts.grant_role(user, role, acting_user=None, now=it.now)
        try:
            with transaction.atomic():
                verb(it, User.objects.get(pk=user.pk))
            found = ""
        except (NotPermitted, Invalid) as refused:
            found = refused.code
        transaction.set_rollback(True)
    return found


def test_each_verb_takes_every_right_that_it_names(world: World) -> None:
    """Whoever may do all but one thing is refused, and with that one alone nobody goes without the others."""
    everything = {
        f"{one.name}:tenant:{action}"
        for one in rights.RESOURCES.values()
        for action in one.actions - {"manage"}
        if one.name != "tenant"
    }
    for name, (verb, needed) in VERBS.items():
        without = {one: _refusal(world, verb, sorted(everything - {one})) for one in needed}
        assert (name, _refusal(world, verb, needed)) == (name, "")
        assert [one for one, refusal in without.items() if not refusal] == [], name
