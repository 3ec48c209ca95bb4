"""One of everything that the API shows: what tests of rights look at."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import Grant, Invitation, Session
from apps.audit.models import AuditEntry
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, CY, make_user, make_version, others_send, part_of
from apps.configuration.models import PlannedChange
from apps.core import jobs
from apps.core.fields import new_id
from apps.elicitation import services as elicitations
from apps.elicitation.tests.story import DOCUMENT, POINTS, judge
from apps.emergency.models import EmergencyAccess
from apps.factors.models import Factor
from apps.files.models import StoredFile
from apps.keys.models import DataKey, SubjectKey
from apps.models.models import Import, ReferenceSet
from apps.models.services import (
    create_assessment,
    create_response,
    create_subject,
    import_document,
    score_assessment,
)
from apps.notifications.models import Message
from apps.oauth import services as oauth


@pytest.fixture
def world(acme: Any) -> dict[str, Any]:
    """One of everything, made by an analyst whose own it is; nothing of it is another's but by their part in it."""
    now = timezone.now()
    ana = make_user("ana@acme.example", now)
    version = make_version(now)
    subject = create_subject(code="harbour", name="Harbour", acting_user=ana, now=now)
    made = [
        campaigns.create_campaign(
            name=name,
            version=version,
            subject=subject,
            closes_at=now + timedelta(days=9),
            acting_user=ana,
            now=now,
        )
        for name in ("Ours", "Theirs")
    ]
    for campaign, contact in zip(made, (BO, CY), strict=True):
        campaigns.add_stakeholders(campaign, [contact], acting_user=ana, now=now)
        campaigns.open_campaign(campaign, acting_user=ana, now=now)
        campaigns.invite_next_batch(campaign.pk, now=now)
    ours, theirs = Campaign.objects.order_by("pk")
    assert ours.assessment is not None
    made_by_import: dict[str, Any] = {"version": None, "subjects": [], "assessments": []}
    brought = Import.objects.create(kind="values", created_at=now, made=made_by_import)
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=version,
        name="Base",
        digest="d",
        units=[{"id": "u"}],
        unit_count=1,
        created_at=now,
    )
    others_send(ours, 10, {"P1": 3}, now)
    score_assessment(ours.assessment, now=now)
    part = part_of(ours, BO)
    plain = create_assessment(version=version, subject=subject, period="plain", acting_user=ana, now=now)
    response = create_response(plain, rater="r1", answers={"P1": 3}, acting_user=ana, now=now)
    run = score_assessment(plain, now=now)
    job = jobs.enqueue("assessment.score", {"assessment_id": str(plain.pk)}, requested_by=ana.pk, now=now)
    weighed = elicitations.create_elicitation(
        name="Weights",
        version=import_document({**DOCUMENT, "code": "weighed"}, acting_user=ana, now=now),
        method="budget_allocation",
        nodes=["plans"],
        acting_user=ana,
        now=now,
    )
    elicitations.add_experts(weighed, [BO], acting_user=ana, now=now)
    expert = judge(weighed, BO, {"plans": POINTS["plans"]}, now)
    key, _ = accounts.create_api_key(ana, name="mine", now=now)
    factor = Factor.objects.create(user=ana, key=ana.key, kind="totp", name="phone", confirmed=True, created_at=now)
    program = accounts.create_service_account("Sensor feed", owner=ana, acting_user=None, now=now)
    application, _ = oauth.register_application(
        "Planner", redirect_uris=["https://app.example/"], scopes=["users:tenant:read"], acting_user=None, now=now
    )
    role = accounts.create_role("spare", name="Spare", permissions=[], acting_user=None, now=now)
    letter = {"created_at": now, "sent_at": now, "expires_at": now + timedelta(days=7)}
    invited = Invitation.objects.create(email="new@acme.example", invited_by=ana, **letter)
    kept = StoredFile.objects.create(
        kind="attachment",
        name="plan.pdf",
        secret="c2VjcmV0",
        size=9,
        sha256="0" * 64,
        place="acme/hot/none",
        state="there",
        created_at=now,
    )
    coming = StoredFile.objects.create(
        kind="attachment",
        name="film.pdf",
        secret="c2VjcmV0",
        size=9,
        place="acme/hot/nowhere",
        state="uploading",
        created_by=ana.pk,
        created_at=now,
    )
    moments = dict.fromkeys(("began_at", "last_used_at"), now)
    session = Session.objects.create(id=new_id(), user=ana, expire_date=now + timedelta(hours=1), **moments)
    emergency = EmergencyAccess.objects.create(user=ana, reason="The harbour is flooded.", requested_at=now)
    entry = AuditEntry.objects.filter(tenant="acme").first()
    return {
        "emergency": emergency.pk,
        "campaigns": ours.pk,
        "theirs": theirs.pk,
        "participations": part.pk,
        "stakeholders": part.stakeholder_id,
        "messages": Message.objects.values_list("pk", flat=True)[0],
        "models": version.model_id,
        "versions": version.pk,
        "subjects": subject.pk,
        "assessments": plain.pk,
        "responses": response.pk,
        "imports": brought.pk,
        "reference-sets": frozen.pk,
        "weight-elicitations": weighed.pk,
        "experts": expert.pk,
        "judgements": expert.judgements.values_list("pk", flat=True)[0],
        "scores": run.pk,
        "jobs": job.pk,
        "user-session": session.pk,
        "user": ana.pk,
        "invitation": invited.pk,
        "service-account": program.pk,
        "role": role.pk,
        "grant": Grant.objects.get(user=ana).pk,
        "api-key": key.pk,
        "application": application.pk,
        "factors": factor.pk,
        "key": DataKey.objects.of("acme").get().pk,
        "audit-entry": entry.pk if entry else None,
        "stored-file": kept.pk,
        "upload": coming.pk,
        "setting-change": PlannedChange.objects.create(
            key="time_zone", state="waiting", asked_at=now + timedelta(hours=1)
        ).pk,
    }
