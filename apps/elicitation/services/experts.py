"""The experts of an elicitation, their personal links, and what is written to them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps import audit
from apps.accounts.links import base_url
from apps.accounts.models import User
from apps.core.contacts import Contact
from apps.core.errors import Invalid, Problem, Refused
from apps.core.tenancy import current_schema
from apps.elicitation import judging, links
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.services.guards import ElicitationNotReady, locked
from apps.notifications import services as notifications
from apps.tenants.models import Tenant

#: A panel, not a crowd; so few that all are written to at once. A document takes up to 1,000 judgements a node.
MOST_EXPERTS = 200


class ExpertHasJudged(Refused):
    code = "expert_has_judged"
    title = "The expert has sent judgements"


def message_prefix(expert: Expert) -> str:
    return f"elicitation:{expert.elicitation_id}:{expert.pk}:"


@transaction.atomic
def add_experts(
    elicitation: WeightElicitation, contacts: Sequence[Contact], *, acting_user: User | None, now: datetime
) -> list[Expert]:
    """Name experts; who is one already stays as they are. When it is open those who are new are written to.

    Returns those of the contacts that are experts now, new or not.
    """
    elicitation = locked(elicitation)
    if not elicitation.takes_judgements:
        raise ElicitationNotReady("The elicitation is closed: there is nothing to ask an expert.")
    wanted = {_index(contact.email): contact for contact in contacts}
    known = {bytes(one.email_index) for one in elicitation.experts.all()}
    if len(known | wanted.keys()) > MOST_EXPERTS:
        problem = Problem("", f"at most {MOST_EXPERTS} experts", "too_many")
        raise Invalid(f"An elicitation has at most {MOST_EXPERTS} experts.", errors=[problem])
    new = [_expert(elicitation, contact, now) for index, contact in wanted.items() if index not in known]
    Expert.objects.bulk_create(new)
    if new:
        details = {"count": len(new)}
        audit.record("elicitation.experts_added", now=now, target=elicitation, actor=acting_user, details=details)
    if elicitation.status == WeightElicitation.Status.OPEN:
        invite(elicitation, now=now)
    return list(elicitation.experts.filter(email_index__in=wanted).order_by("pk"))


def _index(email: str) -> bytes:
    field: Any = Expert._meta.get_field("email_index")
    digest: bytes = field.digest(email)
    return digest


def by_address(elicitation: WeightElicitation) -> Callable[[str], Expert | None]:
    """A look-up among the elicitation's experts by e-mail address, whatever its case."""
    known = {bytes(one.email_index): one for one in elicitation.experts.all()}
    return lambda email: known.get(_index(email))


def _expert(elicitation: WeightElicitation, contact: Contact, now: datetime) -> Expert:
    return Expert(
        elicitation=elicitation,
        name=contact.name.strip(),
        email=contact.email.strip(),
        language=contact.language,
        created_at=now,
    )


@transaction.atomic
def delete_expert(expert: Expert, *, acting_user: User | None, now: datetime) -> None:
    """Take an expert out who has sent nothing; what was sent stays and counts."""
    expert = _locked(expert)
    if expert.sent_at is not None:
        raise ExpertHasJudged("What an expert has sent stays and counts. Withdraw the link to end changes.")
    notifications.cancel(message_prefix(expert), now=now)
    audit.record("expert.deleted", now=now, target=expert, actor=acting_user)
    expert.delete()


@transaction.atomic
def revoke_link(expert: Expert, *, acting_user: User | None, now: datetime) -> Expert:
    """Withdraw the personal link; what was sent through it stays and counts."""
    expert = _locked(expert)
    if expert.revoked_at is None:
        expert.revoked_at = now
        expert.save(update_fields=["revoked_at"])
        notifications.cancel(message_prefix(expert), now=now)
        audit.record("expert.revoked", now=now, target=expert, actor=acting_user)
    return expert


@transaction.atomic
def renew_link(expert: Expert, *, acting_user: User | None, now: datetime) -> Expert:
    """Replace the personal link by a new one, and send it; the old one opens nothing any more."""
    expert = _locked(expert)
    if not expert.elicitation.takes_judgements:
        raise ElicitationNotReady("The elicitation is closed: there is nothing to answer with a new link.")
    expert.link_version += 1
    expert.revoked_at = None
    notifications.cancel(message_prefix(expert), now=now)
    expert.save(update_fields=["link_version", "revoked_at"])
    if expert.elicitation.status == WeightElicitation.Status.OPEN:
        _invite(expert.elicitation, [expert], now)
    audit.record("expert.renewed", now=now, target=expert, actor=acting_user)
    return expert


def note_opened(expert: Expert, *, now: datetime) -> None:
    """Remember when the expert first followed the link."""
    if expert.opened_at is None:
        Expert.objects.filter(pk=expert.pk, opened_at=None).update(opened_at=now)
        expert.opened_at = now


def _locked(expert: Expert) -> Expert:
    rows = Expert.objects.select_for_update(of=("self",)).select_related("elicitation__version__model")
    return rows.get(pk=expert.pk)


def invite(elicitation: WeightElicitation, *, now: datetime) -> None:
    """Write to those who were not asked yet."""
    _invite(elicitation, list(elicitation.experts.unasked().order_by("pk")), now)


def _invite(elicitation: WeightElicitation, experts: Sequence[Expert], now: datetime) -> None:
    kind = "elicitation_invitation"
    send(elicitation, experts, kind, lambda one: f"invitation:{one.link_version}", now=now)
    Expert.objects.filter(pk__in=[one.pk for one in experts]).update(invited_at=now)


def send(
    elicitation: WeightElicitation,
    experts: Sequence[Expert],
    kind: str,
    suffix: Callable[[Expert], str],
    *,
    now: datetime,
) -> None:
    """Write one message of a kind to each; the same ``suffix`` never goes to the same expert twice."""
    shared, base = _facts(elicitation), base_url()
    drafts = [
        notifications.Draft(
            kind,
            one.email,
            f"{message_prefix(one)}{suffix(one)}",
            {**shared, "name": one.name, "link": links.url_for(one, base)},
            one.language,
        )
        for one in experts
    ]
    notifications.enqueue_all(drafts, now=now)


def _facts(elicitation: WeightElicitation) -> dict[str, Any]:
    return {
        "organisation": Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).get(),
        "elicitation": elicitation.name,
        "model": str(elicitation.version.model),
        "introduction": elicitation.introduction,
        "answer_by": elicitation.answer_by,
        "questions": judging.count_questions(elicitation.method, elicitation.asked),
    }
