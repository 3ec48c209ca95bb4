"""The people who can be asked. They are found by their e-mail address, and exist once whatever its spelling."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.db.models.functions import Lower

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.services.lifecycle import CampaignClosed
from apps.campaigns.services.responses import give_responses
from apps.core import events
from apps.core.contacts import Contact
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import locked
from apps.core.sentences import Sentence

BATCH = 1000


class StakeholderInUse(Refused):
    code = "stakeholder_in_use"
    title = "The stakeholder takes part in a campaign"


@dataclass(frozen=True, slots=True)
class Added:
    """How many joined the campaign by this call, and how many were in it before."""

    new: int
    already: int


@transaction.atomic
def add_stakeholders(
    campaign: Campaign,
    contacts: Iterable[Contact],
    *,
    known: Sequence[Stakeholder] = (),
    acting_user: User | None,
    now: datetime,
) -> Added:
    """Let these people take part. Repeating it changes nothing; in an open campaign those who are new are invited.

    A contact may become a stakeholder, so naming one takes the right to make stakeholders, whether the address is known
    or not: the answer must not tell. ``known`` are stakeholders already, and named by who may see them.
    """
    contacts = list(contacts)
    if contacts:
        authz.require(acting_user, "stakeholders:create")
    if known:
        authz.require(acting_user, "stakeholders:read")
    campaign = locked(Campaign.objects.all(), campaign.pk)
    if campaign.status == Campaign.Status.CLOSED:
        raise CampaignClosed("Nobody can join a campaign that is closed.")
    may_update = acting_user is None or authz.everywhere(acting_user, "stakeholders:update")
    people = [*known, *_know_all(contacts, now, may_update=may_update)]
    people = list({one.pk: one for one in people}.values())
    before = set(campaign.participations.filter(stakeholder__in=people).values_list("stakeholder_id", flat=True))
    new = [Participation(campaign=campaign, stakeholder=one, created_at=now) for one in people if one.pk not in before]
    Participation.objects.bulk_create(new, batch_size=BATCH)
    if new:
        audit.record(
            "campaign.stakeholders_added", now=now, target=campaign, actor=acting_user, details={"count": len(new)}
        )
        if campaign.status == Campaign.Status.OPEN:
            give_responses(campaign, now=now)
            events.publish("campaign.stakeholders_added", {"campaign_id": str(campaign.pk)}, now=now)
    return Added(len(new), len(before))


def _know_all(contacts: Sequence[Contact], now: datetime, *, may_update: bool) -> list[Stakeholder]:
    """The stakeholders for these contacts, made where they are unknown; who may, brings those who are up to date."""
    wanted = {Stakeholder.index_of(contact.email): contact for contact in contacts}
    known = {bytes(one.email_index): one for one in Stakeholder.objects.filter(email_index__in=list(wanted))}
    for index, stakeholder in known.items() if may_update else ():
        _bring_up_to_date(stakeholder, wanted[index])
    missing = [contact for index, contact in wanted.items() if index not in known]
    users = _users([contact.email for contact in missing])
    Stakeholder.objects.bulk_create(
        [_stakeholder(contact, users.get(contact.email.strip().lower()), now) for contact in missing],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return list(Stakeholder.objects.filter(email_index__in=list(wanted)))


def _users(emails: list[str]) -> dict[str, UUID]:
    rows = User.objects.annotate(low=Lower("email")).filter(low__in=[email.strip().lower() for email in emails])
    return dict(rows.values_list("low", "pk"))


def _stakeholder(contact: Contact, user_id: UUID | None, now: datetime) -> Stakeholder:
    return Stakeholder(
        name=contact.name.strip(),
        email=contact.email.strip(),
        group=contact.group.strip(),
        language=contact.language,
        user_id=user_id,
        created_at=now,
    )


def _bring_up_to_date(stakeholder: Stakeholder, contact: Contact) -> None:
    fields = {"name": contact.name.strip(), "group": contact.group.strip()}
    changes = {field: value for field, value in fields.items() if value and getattr(stakeholder, field) != value}
    for field, value in changes.items():
        setattr(stakeholder, field, value)
    if changes:
        stakeholder.save(update_fields=list(changes))


@transaction.atomic
def create_stakeholder(contact: Contact, *, acting_user: User | None, now: datetime) -> Stakeholder:
    user_id = _users([contact.email]).get(contact.email.strip().lower())
    stakeholder = _stakeholder(contact, user_id, now)
    _save(stakeholder)
    audit.record("stakeholder.created", now=now, target=stakeholder, actor=acting_user)
    return stakeholder


@transaction.atomic
def create_stakeholders(
    contacts: Sequence[Contact], *, acting_user: User | None, now: datetime, at: str = ""
) -> list[Stakeholder]:
    """Create all of them or none; pointers name the row."""
    indexes = [Stakeholder.index_of(contact.email) for contact in contacts]
    taken = {bytes(one) for one in _taken(indexes)}
    first = {index: row for row, index in reversed(list(enumerate(indexes)))}
    problems = [
        Problem(f"{at}/{row}/email", Sentence("There is a stakeholder with this e-mail address already."), "unique")
        for row, index in enumerate(indexes)
        if index in taken or first[index] != row
    ]
    if problems:
        raise Invalid("Every stakeholder needs an e-mail address of their own.", errors=problems[:50])
    users = _users([contact.email for contact in contacts])
    made = [_stakeholder(contact, users.get(contact.email.strip().lower()), now) for contact in contacts]
    Stakeholder.objects.bulk_create(made, batch_size=BATCH)
    audit.record("stakeholder.created", now=now, actor=acting_user, details={"ids": [str(one.pk) for one in made]})
    return made


def _taken(indexes: Sequence[bytes]) -> Any:
    return Stakeholder.objects.filter(email_index__in=indexes).values_list("email_index", flat=True)


def find_by_email(email: str) -> QuerySet[Stakeholder]:
    """The stakeholder with exactly this address, whatever its case: the address itself is encrypted."""
    return Stakeholder.objects.filter(email_index=Stakeholder.index_of(email))


def find_by_emails(contacts: Iterable[Contact]) -> QuerySet[Stakeholder]:
    return Stakeholder.objects.filter(email_index__in=[Stakeholder.index_of(contact.email) for contact in contacts])


@transaction.atomic
def change_stakeholder(
    stakeholder: Stakeholder, changes: dict[str, Any], *, acting_user: User | None, now: datetime
) -> Stakeholder:
    stakeholder = locked(Stakeholder.objects.all(), stakeholder.pk)
    for field, value in changes.items():
        setattr(stakeholder, field, value)
    if "email" in changes:  # who had the old address no longer finds this person's campaigns as their own
        stakeholder.user_id = _users([stakeholder.email]).get(stakeholder.email.strip().lower())
        _seal_begun(stakeholder)
    _save(stakeholder)
    audit.record("stakeholder.changed", now=now, target=stakeholder, actor=acting_user)
    return stakeholder


def _seal_begun(stakeholder: Stakeholder) -> None:
    """Whoever reads the new address gets no link that opens answers which were begun before."""
    before = Stakeholder.objects.values_list("email_index", flat=True).get(pk=stakeholder.pk)
    if bytes(before) != Stakeholder.index_of(stakeholder.email):
        stakeholder.participations.filter(response__started_at__isnull=False).update(is_sealed=True)


def _save(stakeholder: Stakeholder) -> None:
    try:
        with transaction.atomic():
            stakeholder.save()
    except IntegrityError as error:
        detail = Sentence("There is a stakeholder with this e-mail address already.")
        raise Invalid(detail, errors=[Problem("/email", detail, "unique")]) from error


@transaction.atomic
def delete_stakeholder(stakeholder: Stakeholder, *, acting_user: User | None, now: datetime) -> None:
    try:
        audit.record("stakeholder.deleted", now=now, target=stakeholder, actor=acting_user)
        stakeholder.delete()
    except ProtectedError as error:
        raise StakeholderInUse("Who takes part in a campaign cannot be deleted; withdraw the link instead.") from error


@transaction.atomic
def link_user(user_id: UUID | str) -> int:
    """Tie a new user to the stakeholder with the same e-mail address, so they see their campaigns after signing in."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return 0
    return Stakeholder.objects.filter(email_index=Stakeholder.index_of(user.email), user=None).update(user=user)
