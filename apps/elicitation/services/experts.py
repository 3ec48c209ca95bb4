"""The experts of an elicitation, their personal links, and what is written to them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.core.errors import Invalid, Problem, Refused
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.services.guards import ElicitationNotReady, locked
from apps.keys import services as keys
from apps.notifications import services as notifications
from apps.outreach import services as outreach
from apps.outreach.acquaintances import refuse_other_names
from apps.outreach.contacts import Contact
from resimate_text.identity import tidied
from resimate_text.sentences import Sentence

#: A panel, not a crowd; so few that all are written to at once. A document takes up to 1,000 judgements a node.
MOST_EXPERTS = 200


class ExpertHasJudged(Refused):
    code = "expert_has_judged"
    title = "The expert has sent judgements"


@transaction.atomic
def add_experts(
    elicitation: WeightElicitation,
    contacts: Sequence[Contact],
    *,
    acting_user: User | None,
    now: datetime,
    places: Sequence[str] | None = None,
) -> list[Expert]:
    """Name experts; who is one already stays as they are, and with another name is pointed at in ``places``.

    When it is open those who are new are written to.

    Returns those of the contacts that are experts now, new or not.
    """
    elicitation = locked(elicitation)
    if not elicitation.takes_judgements:
        raise ElicitationNotReady("You cannot add experts to a closed elicitation.")
    at = Expert.by_address()
    wanted = {at(contact.email): contact for contact in contacts}
    experts = {at.of(expert): expert for expert in elicitation.experts.all()}
    refuse_other_names(contacts, places, lambda email: experts.get(at(email)))
    if len(experts.keys() | wanted.keys()) > MOST_EXPERTS:
        problem = Problem("", Sentence("at most {most} experts", most=MOST_EXPERTS), "too_many")
        raise Invalid(Sentence("An elicitation can have at most {most} experts.", most=MOST_EXPERTS), errors=[problem])
    new = [_expert(elicitation, contact, now) for index, contact in wanted.items() if index not in experts]
    keys.give_keys(new)
    Expert.objects.bulk_create(new)
    if new:
        details = {"count": len(new)}
        audit.record("elicitation.experts_added", now=now, target=elicitation, actor=acting_user, details=details)
    if elicitation.status == WeightElicitation.Status.OPEN:
        invite(elicitation, now=now)
    return list(elicitation.experts.filter(at.among(contact.email for contact in contacts)).order_by("pk"))


def by_address(elicitation: WeightElicitation) -> Callable[[str], Expert | None]:
    """A look-up among the elicitation's experts by e-mail address, whatever its spelling."""
    at = Expert.by_address()
    known = {at.of(one): one for one in elicitation.experts.all()}
    return lambda email: next((known[one] for one in at.all_for(email) if one in known), None)


def _expert(elicitation: WeightElicitation, contact: Contact, now: datetime) -> Expert:
    return Expert(
        elicitation=elicitation,
        name=tidied(contact.name),
        email=tidied(contact.email),
        language=contact.language,
        created_at=now,
    )


@transaction.atomic
def delete_expert(expert: Expert, *, acting_user: User | None, now: datetime) -> None:
    """Take an expert out who has sent nothing; what was sent stays and counts."""
    expert = outreach.locked_holder(expert)
    if expert.sent_at is not None:
        raise ExpertHasJudged("Judgements that have been sent stay and count. Withdraw the link to prevent changes.")
    notifications.cancel(expert.about, expert.pk, now=now)
    audit.record("expert.deleted", now=now, target=expert, actor=acting_user)
    expert.delete()


@transaction.atomic
def erase_expert(expert: Expert, *, acting_user: User | None, now: datetime) -> Expert:
    """Forget who an expert is, for good: their key is destroyed, and nothing is sent to them any more.

    Judgements that were sent stay and count. Repeating it changes nothing.
    """
    expert = outreach.locked_holder(expert)
    if not expert.is_erased:
        if expert.revoked_at is None:
            expert.revoked_at = now
            expert.save(update_fields=["revoked_at"])
        outreach.erase(expert, [expert.pk], now=now)
        audit.record("expert.erased", now=now, target=expert, actor=acting_user)
    return Expert.objects.get(pk=expert.pk)


@transaction.atomic
def renew_link(expert: Expert, *, acting_user: User | None, now: datetime) -> Expert:
    """Replace the personal link by a new one, and send it; the old one opens nothing any more."""
    expert = outreach.locked_holder(expert)
    if not expert.elicitation.takes_judgements:
        raise ElicitationNotReady("The elicitation is closed, so no new link can be sent.")
    outreach.replace_link(expert, acting_user=acting_user, now=now)
    if expert.elicitation.status == WeightElicitation.Status.OPEN:
        outreach.invite(expert.elicitation, [expert], now=now)
    return expert


def invite(elicitation: WeightElicitation, *, now: datetime) -> None:
    """Write to those who were not asked yet."""
    outreach.invite(elicitation, list(elicitation.experts.unasked().order_by("pk")), now=now)
