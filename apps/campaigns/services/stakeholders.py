"""The people who can be asked. They are found by their e-mail address, and exist once whatever its spelling."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.services import groups
from apps.campaigns.services.lifecycle import CampaignClosed
from apps.campaigns.services.participations import renew_link
from apps.campaigns.services.responses import BATCH, create_empty_responses
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import lock, locked
from apps.keys import services as keys
from apps.outreach import services as outreach
from apps.outreach.acquaintances import differing, refuse_other_names
from apps.outreach.contacts import Contact
from resimate_text.identity import tidied
from resimate_text.sentences import Sentence


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
    places: Sequence[str] | None = None,
    acting_user: User | None,
    now: datetime,
) -> Added:
    """Let these people take part. Repeating it changes nothing; in an open campaign those who are new are invited.

    A contact may become a stakeholder, so naming one takes the right to make stakeholders, whether the address is known
    or not: the answer must not tell. ``known`` are stakeholders already, and named by who may see them.
    Who is known keeps the name and group that they have, unless the contact says ``rename``. Who may change people is
    told of another name, with a pointer made of the contact's place; for anybody else it is passed over.
    """
    contacts = list(contacts)
    if contacts:
        authz.require(acting_user, "stakeholders:create")
    if known:
        authz.require(acting_user, "stakeholders:read")
    for one in known:
        outreach.refuse_erased(one)
    campaign = locked(Campaign.objects.all(), campaign.pk)
    if campaign.status == Campaign.Status.CLOSED:
        raise CampaignClosed("You cannot add people to a closed campaign.")
    spelt = groups.spelt(contacts, groups.of_model(campaign.version))
    people = [*known, *_know_all(spelt, places, acting_user, now)]
    people = list({person.pk: person for person in people}.values())
    before = set(campaign.participations.filter(stakeholder__in=people).values_list("stakeholder_id", flat=True))
    new = [
        Participation(campaign=campaign, stakeholder=person, created_at=now)
        for person in people
        if person.pk not in before
    ]
    Participation.objects.bulk_create(new, batch_size=BATCH)
    if new:
        audit.record(
            "campaign.stakeholders_added", now=now, target=campaign, actor=acting_user, details={"count": len(new)}
        )
        if campaign.status == Campaign.Status.OPEN:
            create_empty_responses(campaign, now=now)
            events.publish("campaign.stakeholders_added", {"campaign_id": str(campaign.pk)}, now=now)
    return Added(len(new), len(before))


def _know_all(
    contacts: Sequence[Contact], places: Sequence[str] | None, acting_user: User | None, now: datetime
) -> list[Stakeholder]:
    """The stakeholders for these contacts, made where they are unknown; those known stay as they are."""
    at = Stakeholder.by_address()
    wanted = {at(contact.email): contact for contact in contacts}
    there = Stakeholder.objects.filter(at.among(contact.email for contact in contacts))
    by_index = {at.of(stakeholder): stakeholder for stakeholder in there}
    told = by_index if acting_user is None or authz.everywhere(acting_user, "stakeholders:update") else {}
    refuse_other_names(contacts, places, lambda email: told.get(at(email)), may_rename=True)
    for index, stakeholder in by_index.items():
        if wanted[index].rename:
            authz.require(acting_user, "stakeholders:update", stakeholder)
            _rename(stakeholder, wanted[index], acting_user, now)
    missing = [contact for index, contact in wanted.items() if index not in by_index]
    account_of = _accounts(contact.email for contact in missing)
    new = [_stakeholder(contact, account_of(contact.email), now) for contact in missing]
    keys.give_keys(new)
    Stakeholder.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    people = list(there.all())
    keys.drop_unused({one.key_id for one in new} - {one.key_id for one in people})
    return people


def _rename(stakeholder: Stakeholder, contact: Contact, acting_user: User | None, now: datetime) -> None:
    """Give somebody the name and group that the contact says, where it differs: in every campaign, and on record."""
    changes = {field: tidied(getattr(contact, field)) for field in differing(contact, stakeholder)}
    if changes:
        change_stakeholder(stakeholder, changes, acting_user=acting_user, now=now)


def _accounts(emails: Iterable[str]) -> Callable[[str], UUID | None]:
    """A look-up among the accounts of these addresses."""
    at = User.by_address()
    found = at.keys(emails)
    return lambda email: found.get(at(email))


def _stakeholder(contact: Contact, user_id: UUID | None, now: datetime) -> Stakeholder:
    return Stakeholder(
        name=tidied(contact.name),
        email=tidied(contact.email),
        group=contact.group,
        language=contact.language,
        user_id=user_id,
        created_at=now,
    )


@transaction.atomic
def create_stakeholder(contact: Contact, *, acting_user: User | None, now: datetime) -> Stakeholder:
    user_id = _accounts([contact.email])(contact.email)
    (contact,) = groups.spelt([contact])
    stakeholder = _stakeholder(contact, user_id, now)
    keys.give_keys([stakeholder])
    _save(stakeholder)
    audit.record("stakeholder.created", now=now, target=stakeholder, actor=acting_user)
    return stakeholder


@transaction.atomic
def create_stakeholders(
    contacts: Sequence[Contact], *, acting_user: User | None, now: datetime, at: str = ""
) -> list[Stakeholder]:
    """Create all of them or none; pointers name the row."""
    _refuse_known(contacts, at)
    account_of = _accounts(contact.email for contact in contacts)
    contacts = groups.spelt(contacts)
    made = [_stakeholder(contact, account_of(contact.email), now) for contact in contacts]
    keys.give_keys(made)
    try:
        with transaction.atomic():
            Stakeholder.objects.bulk_create(made, batch_size=BATCH)
    except IntegrityError:  # somebody was faster
        _refuse_known(contacts, at)
        raise
    audit.record(
        "stakeholder.created",
        now=now,
        actor=acting_user,
        details={"ids": [str(stakeholder.pk) for stakeholder in made]},
    )
    return made


def _refuse_known(contacts: Sequence[Contact], at: str) -> None:
    by_address = Stakeholder.by_address()
    indexes = [by_address(contact.email) for contact in contacts]
    taken = by_address.keys(contact.email for contact in contacts)
    first = {index: row for row, index in reversed(list(enumerate(indexes)))}
    problems = [
        Problem(f"{at}/{row}/email", Sentence("There is already a stakeholder with this e-mail address."), "unique")
        for row, index in enumerate(indexes)
        if index in taken or first[index] != row
    ]
    if problems:
        raise Invalid("Each stakeholder needs a different e-mail address.", errors=problems)


def find_by_email(email: str) -> QuerySet[Stakeholder]:
    """The stakeholder with exactly this address, however it is spelt: the address itself is encrypted."""
    return Stakeholder.objects.filter(Stakeholder.by_address().among([email]))


def find_by_emails(contacts: Iterable[Contact]) -> QuerySet[Stakeholder]:
    return Stakeholder.objects.filter(Stakeholder.by_address().among(contact.email for contact in contacts))


@transaction.atomic
def change_stakeholder(
    stakeholder: Stakeholder, changes: dict[str, Any], *, acting_user: User | None, now: datetime
) -> Stakeholder:
    """Change a person's ``name``, ``email``, ``group`` or ``language``, in every campaign.

    With another address the links that went to the old one die, and new ones are sent in open campaigns. Where answers
    were begun the link lives on for who has it, and is sent to nobody any more.
    """
    if changes.keys() & set(Stakeholder.ADDRESSES.values()):  # before the person: the order of whoever writes to people
        lock(Campaign.objects.filter(participations__stakeholder=stakeholder.pk, status=Campaign.Status.OPEN))
    stakeholder = locked(Stakeholder.objects.all(), stakeholder.pk)
    outreach.refuse_erased(stakeholder)
    if "group" in changes:
        changes = {**changes, "group": groups.known_spelling(changes["group"])}
    reached_before = stakeholder.reached_at
    for field, value in changes.items():
        setattr(stakeholder, field, value)
    moved = reached_before != stakeholder.reached_at
    if "email" in changes:  # who had the old address no longer finds this person's campaigns as their own
        stakeholder.user_id = _accounts([stakeholder.email])(stakeholder.email)
    _save(stakeholder)
    audit.record("stakeholder.changed", now=now, target=stakeholder, actor=acting_user)
    if moved:
        _part_from_links(stakeholder, acting_user, now)
    return stakeholder


def _part_from_links(stakeholder: Stakeholder, acting_user: User | None, now: datetime) -> None:
    """Whoever reads the new address gets no link by which answers were given, or are going to be, from the old one."""
    parts = stakeholder.participations.filter(campaign__status=Campaign.Status.OPEN)
    stakeholder.participations.filter(response__started_at__isnull=False).update(is_sealed=True)
    for one in parts.filter(revoked_at=None, response__started_at=None).order_by("pk"):
        renew_link(one, acting_user=acting_user, now=now)


def _save(stakeholder: Stakeholder) -> None:
    detail = Sentence("There is already a stakeholder with this e-mail address.")
    taken = Invalid(detail, errors=[Problem("/email", detail, "unique")])
    if find_by_email(stakeholder.email).exclude(pk=stakeholder.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            stakeholder.save()
    except IntegrityError as error:  # somebody was faster
        raise taken from error


@transaction.atomic
def delete_stakeholder(stakeholder: Stakeholder, *, acting_user: User | None, now: datetime) -> None:
    try:
        audit.record("stakeholder.deleted", now=now, target=stakeholder, actor=acting_user)
        stakeholder.delete()
    except ProtectedError as error:
        raise StakeholderInUse(
            "This stakeholder takes part in a campaign and cannot be deleted. Withdraw the link instead."
        ) from error


@transaction.atomic
def erase_stakeholder(stakeholder: Stakeholder, *, acting_user: User | None, now: datetime) -> Stakeholder:
    """Forget who somebody is, for good: their key is destroyed, and nothing is sent to them any more.

    What they have answered stays and counts, and leads to nobody; whoever has not is asked no more.
    Repeating it changes nothing.
    """
    lock(Campaign.objects.filter(participations__stakeholder=stakeholder.pk, status=Campaign.Status.OPEN))
    stakeholder = locked(Stakeholder.objects.all(), stakeholder.pk)
    if stakeholder.is_erased:
        return stakeholder
    parts = Participation.objects.filter(stakeholder=stakeholder.pk)
    unanswered = parts.filter(revoked_at=None, response__submitted_at=None)
    unanswered.exclude(campaign__status=Campaign.Status.CLOSED).update(revoked_at=now)
    Stakeholder.objects.filter(pk=stakeholder.pk).update(user=None)
    outreach.erase(stakeholder, parts.values_list("pk", flat=True), now=now)
    audit.record("stakeholder.erased", now=now, target=stakeholder, actor=acting_user)
    return Stakeholder.objects.get(pk=stakeholder.pk)


@transaction.atomic
def link_user(user_id: UUID | str) -> int:
    """Tie a new user to the stakeholder with the same e-mail address, so they see their campaigns after signing in."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return 0
    return find_by_email(user.email).filter(user=None).update(user=user)


def unlink_user(user_id: UUID) -> int:
    """Forget whose account a stakeholder has, once that account is nobody's: the contact would tell whose it was."""
    return Stakeholder.objects.filter(user=user_id).update(user=None)
