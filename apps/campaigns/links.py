"""Personal links: derived from the participation, never stored, and withdrawn by changing the participation.

A token is base64url of the participation's id (16 bytes) and the first half of an HMAC-SHA256 (16 bytes) over schema,
id and the link's version, so it cannot be guessed (2^-128), carried to another tenant, or used once it was renewed.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from apps.campaigns.models import Campaign, Participation
from apps.configuration import registry
from apps.core.tenancy import current_schema
from apps.tenants.models import Domain

SALT = "resimate.campaigns.personal-link"
SHAPE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
DEFAULT_PORTS = {"http": 80, "https": 443}
PER_LINK = registry.declare(
    "campaign.rate.link",
    1200,
    {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    "Requests an hour through one personal link.",
)


class Dead(Enum):
    """Why a link opens nothing. Only who held a true link learns more than ``UNKNOWN``."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Found:
    """A participation that a token leads to; ``dead`` says why nothing can be answered through it."""

    participation: Participation | None
    dead: Dead | None = None


def token_for(participation: Participation) -> str:
    sealed = participation.pk.bytes + _seal(participation.pk, participation.link_version, str(settings.SECRET_KEY))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def url_for(participation: Participation, base: str | None = None) -> str:
    """The address for the stakeholder's browser; ``base`` spares the look-up of the tenant's host in a loop."""
    path = reverse("campaigns:respond", args=[token_for(participation)], urlconf=settings.ROOT_URLCONF)
    return f"{base if base is not None else base_url()}{path}"


def base_url() -> str:
    """Where the current tenant is served, as people's browsers see it."""
    hosts = Domain.objects.filter(tenant__schema_name=current_schema(), is_primary=True)
    host = hosts.values_list("domain", flat=True).get()
    usual = DEFAULT_PORTS[settings.PUBLIC_SCHEME]
    return f"{settings.PUBLIC_SCHEME}://{host}" + (f":{settings.PUBLIC_PORT}" if usual != settings.PUBLIC_PORT else "")


def find(token: str, *, now: datetime) -> Found:
    """The participation that a token was made for, if it was: in constant time as far as the seal goes."""
    parts = _parts(token)
    if parts is None:
        return Found(None, Dead.UNKNOWN)
    pk, seal = parts
    participation = _by_id(pk)
    version = participation.link_version if participation else 1
    genuine = _is_sealed(pk, version, seal)
    if participation is None or not (genuine or _was_sealed(pk, version, seal)):
        return Found(None, Dead.UNKNOWN)
    return Found(participation, _death(participation, genuine, now))


def _by_id(pk: UUID) -> Participation | None:
    related = ("campaign__version", "campaign__subject", "campaign__assessment", "stakeholder", "response")
    rows = Participation.objects.select_related(*related)
    return rows.defer("campaign__version__document", "campaign__assessment__values").filter(pk=pk).first()


def _death(participation: Participation, genuine: bool, now: datetime) -> Dead | None:
    if not genuine or participation.revoked_at is not None:
        return Dead.WITHDRAWN
    if participation.campaign.status == Campaign.Status.DRAFT or participation.response is None:
        return Dead.UNKNOWN
    return None if participation.campaign.accepts_answers_at(now) else Dead.CLOSED


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


def _is_sealed(pk: UUID, version: int, seal: bytes) -> bool:
    secrets = [str(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    matches = [hmac.compare_digest(_seal(pk, version, secret), seal) for secret in secrets]
    return any(matches)


def _was_sealed(pk: UUID, version: int, seal: bytes) -> bool:
    """Whether it is the seal of a link that was replaced since."""
    matches = [_is_sealed(pk, earlier, seal) for earlier in range(1, version)]
    return any(matches)


def _seal(pk: UUID, version: int, secret: str) -> bytes:
    said = f"{current_schema()}|{pk}|{version}"
    return salted_hmac(SALT, said, secret=secret, algorithm="sha256").digest()[:16]
