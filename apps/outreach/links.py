"""Personal links: derived from what they belong to, never stored, and withdrawn by changing it.

A token is base64url of the holder's id (16 bytes) and the first half of an HMAC-SHA256 (16 bytes) over schema, id and
the link's version, under the tenant's signing key. So it cannot be guessed (2^-128), carried to another tenant or
another kind of link, or used once it was renewed. Signing keys rotate; those before verify as long as such links live.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Min, Q, QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django_tenants.utils import get_public_schema_name

from apps.core import crypto
from apps.core.tenancy import current_schema
from apps.keys import signatures
from apps.notifications.kinds import Kind
from apps.outreach.models import LinkHolder, Round
from apps.tenants.hosts import base_url

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class LinkState(Enum):
    """What a token opens. Only who held a true link learns more than ``UNKNOWN``."""

    LIVE = "live"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


#: For how long after a round the links of its people still tell that it is over.
AFTERWARDS: Final = timedelta(days=90)

H = TypeVar("H", bound=LinkHolder)


@dataclass(frozen=True, slots=True)
class Found(Generic[H]):
    """The holder that a token leads to, and whether it opens anything."""

    holder: H | None
    state: LinkState


@dataclass(frozen=True, slots=True)
class PersonalLinks(Generic[H]):
    """The links of one kind: ``name`` keeps kinds apart, ``route`` names the page that they open.

    The names of the pages behind it begin with it: ``<route>-opened``, ``<route>-check`` and those of the app.

    ``rows`` are the holders with all that their pages and messages read of them; ``facts`` are what all messages tell
    of a round; ``others`` are kinds of message beside invitation and reminder.
    """

    name: str
    route: str
    rows: Callable[[], QuerySet[H]]
    invitation: Kind
    reminder: Kind
    facts: Callable[[Any], dict[str, Any]]
    others: tuple[Kind, ...] = ()

    @property
    def messages(self) -> tuple[Kind, ...]:
        """All kinds of message that carry the link."""
        return (self.invitation, self.reminder, *self.others)

    @property
    def folder(self) -> str:
        """The part of the address that the pages of all links of this kind share, such as ``/a/``."""
        return reverse(self.route, args=["-"], urlconf=settings.ROOT_URLCONF).removesuffix("-/")

    def token_for(self, holder: H) -> str:
        secret = crypto.signing_secrets(current_schema())[0]
        sealed = holder.pk.bytes + self._seal(holder.pk, holder.link_version, secret)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def url_for(self, holder: H, base: str | None = None) -> str:
        """The address for the person's browser; ``base`` spares the look-up of the tenant's host in a loop."""
        return f"{base if base is not None else base_url()}{self.path_for(holder)}"

    def path_for(self, holder: H) -> str:
        return reverse(self.route, args=[self.token_for(holder)], urlconf=settings.ROOT_URLCONF)

    def find(self, token: str, *, now: datetime) -> Found[H]:
        """The holder that a token was made for, if it was: in constant time as far as the seal goes."""
        parts = _parts(token)
        if parts is None:
            return Found(None, LinkState.UNKNOWN)
        pk, seal = parts
        holder = self.rows().filter(pk=pk).first()
        version = holder.link_version if holder else 1
        genuine = self._is_sealed(pk, version, seal)
        if holder is None or not (genuine or self._was_sealed(pk, version, seal)):
            return Found(None, LinkState.UNKNOWN)
        return Found(holder, _state_at(now, holder) if genuine else LinkState.WITHDRAWN)

    def live_since(self, now: datetime) -> datetime | None:
        """Since when the links may have been sent that still open something."""
        related = {field.name: field.related_model for field in self.rows().model._meta.concrete_fields}
        (round_,) = (name for name, one in related.items() if isinstance(one, type) and issubclass(one, Round))
        is_over = Q(**{f"{round_}__status": Round.Status.CLOSED, f"{round_}__closed_at__lte": now - AFTERWARDS})
        since: datetime | None = self.rows().exclude(is_over).aggregate(since=Min("created_at"))["since"]
        return since

    def _is_sealed(self, pk: UUID, version: int, seal: bytes) -> bool:
        secrets = crypto.signing_secrets(current_schema())
        matches = [hmac.compare_digest(self._seal(pk, version, secret), seal) for secret in secrets]
        return any(matches)

    def _was_sealed(self, pk: UUID, version: int, seal: bytes) -> bool:
        """Whether it is the seal of a link that was replaced since."""
        matches = [self._is_sealed(pk, earlier, seal) for earlier in range(1, version)]
        return any(matches)

    def _seal(self, pk: UUID, version: int, secret: bytes) -> bytes:
        said = f"{current_schema()}|{pk}|{version}"
        salt = f"resimate.{self.name}.personal-link"
        return salted_hmac(salt, said, secret=secret, algorithm="sha256").digest()[:16]


def _parts(token: str) -> tuple[UUID, bytes] | None:
    if not SHAPE.match(token):
        return None
    try:
        sealed = base64.urlsafe_b64decode(token + "=")
    except binascii.Error:
        return None
    if base64.urlsafe_b64encode(sealed).decode().rstrip("=") != token:
        return None  # another spelling of the same bytes
    return UUID(bytes=sealed[:16]), sealed[16:]


def _state_at(moment: datetime, holder: LinkHolder) -> LinkState:
    """What the present link of a holder opens."""
    if holder.revoked_at is not None or holder.person.is_erased:
        return LinkState.WITHDRAWN
    if holder.round.status == Round.Status.DRAFT or not holder.can_answer:
        return LinkState.UNKNOWN
    return LinkState.LIVE if holder.is_open_at(moment) else LinkState.CLOSED


_kinds: dict[type[LinkHolder], PersonalLinks[Any]] = {}


def register(holder: type[H], links: PersonalLinks[H]) -> PersonalLinks[H]:
    if holder in _kinds:
        raise ValueError(f"personal links of {holder.__name__} are declared twice")
    if any(links.name == known.name or links.route == known.route for known in _kinds.values()):
        raise ValueError(f"two kinds of personal links have one name or one page: {links.name}, {links.route}")
    return _kinds.setdefault(holder, links)


@signatures.declare("personal links")
def _live_since(now: datetime) -> datetime | None:
    if current_schema() == get_public_schema_name():
        return None
    return min((since for kind in kinds() if (since := kind.live_since(now))), default=None)


def kinds() -> list[PersonalLinks[Any]]:
    return list(_kinds.values())


def links_of(holder: type[H]) -> PersonalLinks[H]:
    return _kinds[holder]
