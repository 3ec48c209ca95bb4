"""A scope covers what it is for, and nothing beside it: of two of everything, one is in sight."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Model

from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, Grant, Invitation, ServiceAccount, User
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.tests.story import BO, CY, DOCUMENT, make_version
from apps.elicitation import services as elicitations
from apps.elicitation.models import WeightElicitation
from apps.elicitation.tests import story as weights
from apps.keys.models import SubjectKey
from apps.models import services as models
from apps.models.models import Assessment, Import, ReferenceSet, ResilienceModel

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


@dataclass
class Side:
    """Somebody with one of everything, and who takes part in their campaign."""

    owner: User
    respondent: User
    rows: dict[type[Model], list[UUID]]
    objects: dict[str, UUID]


def _side(name: str, contact: Any, now: datetime) -> Side:
    owner, respondent = (User.objects.create(email=f"{who}@acme.example", created_at=now) for who in (name, f"r{name}"))
    version = make_version(now, {**DOCUMENT, "code": name})
    weighed = models.import_document({**weights.DOCUMENT, "code": f"w{name}"}, acting_user=None, now=now)
    subject = models.create_subject(code=name, name=name, acting_user=None, now=now)
    campaign = campaigns.create_campaign(
        name=name,
        version=version,
        subject=subject,
        closes_at=now + timedelta(days=9),
        acting_user=None,
        now=now,
    )
    Campaign.objects.filter(pk=campaign.pk).update(owner=owner)
    campaigns.add_stakeholders(campaign, [contact], acting_user=None, now=now)
    campaign = campaigns.open_campaign(campaign, acting_user=None, now=now)
    Stakeholder.objects.filter(participations__campaign=campaign).update(user=respondent)
    Assessment.objects.filter(campaign=campaign).update(created_by=owner)
    elicitation = elicitations.create_elicitation(
        name=name, version=weighed, method="budget_allocation", nodes=["plans"], acting_user=None, now=now
    )
    WeightElicitation.objects.filter(pk=elicitation.pk).update(owner=owner, version=version)
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=version,
        name=name,
        digest=name,
        units=[],
        unit_count=1,
        created_at=now,
        created_by=owner.pk,
    )
    brought = Import.objects.create(kind="values", created_at=now, made={}, created_by=owner)
    invited = Invitation.objects.create(
        key=SubjectKey.objects.create(),
        email=f"new-{name}@acme.example",
        invited_by=owner,
        created_at=now,
        sent_at=now,
        expires_at=now,
    )
    rows: dict[type[Model], list[UUID]] = {
        ResilienceModel: [version.model_id],
        Campaign: [campaign.pk],
        Assessment: [campaign.assessment_id] if campaign.assessment_id else [],
        WeightElicitation: [elicitation.pk],
        ReferenceSet: [frozen.pk],
        Import: [brought.pk],
        User: [owner.pk],
        ServiceAccount: [accounts.create_service_account(name, owner=owner, acting_user=None, now=now).pk],
        Invitation: [invited.pk],
        ApiKey: [accounts.create_api_key(owner, name=name, now=now)[0].pk],
    }
    return Side(owner, respondent, rows, {"model": version.model_id, "campaign": campaign.pk})


@pytest.fixture
def sides(acme: Any, now: datetime) -> tuple[Side, Side]:
    return _side("ours", BO, now), _side("theirs", CY, now)


def test_each_scope_shows_its_own_and_no_others(sides: tuple[Side, Side], now: datetime) -> None:
    ours, _ = sides
    found, expected = {}, {}
    for number, (model, scope) in enumerate(authz._conditions):
        role = accounts.create_role(f"r{number}", name="R", permissions=[f"*:{scope}:read"], acting_user=None, now=now)
        who = User.objects.get(pk=(ours.respondent if scope == "assigned" else ours.owner).pk)
        grant = accounts.grant_role(who, role, object_id=ours.objects.get(scope), acting_user=None, now=now)
        key = f"{model.__name__} {scope}"
        expected[key] = {grant.pk} if model is Grant else set(ours.rows[model])
        found[key] = {one.pk for one in authz.visible(model._default_manager.all(), who, "models:read")}
        grant.delete()

    assert len(found) > 12
    assert found == expected
