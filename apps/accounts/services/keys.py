from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps import audit
from apps.accounts import authz, keys, messages
from apps.accounts.lines import Permission
from apps.accounts.models import ApiKey, User
from apps.accounts.services.grants import NotYoursToGive, refuse_missing, refuse_unheld
from apps.accounts.services.held import held
from apps.accounts.services.notices import tell_owner
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import locked
from resimate_text.sentences import Sentence

LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=365)
#: For which both keys open, so that programs can change over.
OVERLAP = timedelta(days=1)


class KeyEnded(Refused):
    code = "api_key_ended"
    title = "The API key has expired or was revoked"


@transaction.atomic
def create_api_key(
    user: User,
    *,
    name: str,
    now: datetime,
    permissions: Sequence[str] = (),
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
    acting_user: User | None = None,
) -> tuple[ApiKey, str]:
    """Make a key that acts as ``user``, with some of their permissions or, without any, with all of them.

    With ``networks`` it opens nothing from elsewhere.

    The key's text is returned here and never again. It is another way into the account, and grows with its rights:
    so only who may take over an account makes one for somebody else.
    """
    if acting_user is not None and acting_user.pk != user.pk and not authz.allows(acting_user, "users:manage", user):
        raise NotYoursToGive("You can create keys only for your own account.")
    held(user)
    expires_at = expires_at or now + LIFE
    if not now < expires_at <= now + LONGEST_LIFE:
        reason = Sentence("Choose an end in the future, at most {days} days away.", days=LONGEST_LIFE.days)
        raise Invalid(reason, errors=[Problem("/expires_at", reason, "expiry")])
    reach = [Permission.parse(text) for text in permissions]
    _refuse_not_given(user, reach)
    reach = reach or list(authz.permissions_of(user))
    if acting_user is not None and acting_user.pk == user.pk:
        _refuse_not_given(acting_user, reach)
    else:
        refuse_unheld(acting_user, reach)
    networks = keys.read_networks(networks)
    _refuse_wider_networks(acting_user, networks)
    prefix, secret = keys.make()
    key = ApiKey(
        user=user,
        name=name,
        prefix=prefix,
        digest=keys.digest_of(secret),
        permissions=list(permissions),
        networks=networks,
        created_at=now,
        expires_at=expires_at,
    )
    key.save(force_insert=True)
    audit.record("api_key.created", now=now, target=key, actor=acting_user, details={"user": str(user.pk)})
    events.publish("api_key.created", {"api_key_id": str(key.pk), "user_id": str(user.pk)}, now=now)
    if acting_user is not None:
        tell_owner(user, messages.API_KEY_MADE, key, now=now, key=name)
    return key, secret


def _refuse_wider_networks(acting_user: User | None, networks: Sequence[str]) -> None:
    """What comes with a key for some networks makes none that opens something from others."""
    key = authz.key_of(acting_user) if acting_user is not None else None
    if key is None or keys.lie_within(networks, key.networks):
        return
    reason = Sentence("Your own key opens from these networks alone: {networks}.", networks=", ".join(key.networks))
    raise Invalid(reason, errors=[Problem("/networks", reason, "wider")])


def _refuse_not_given(user: User, wanted: Sequence[Permission]) -> None:
    """A key is denied what its user is denied, whenever it is used: so that does not matter when it is made."""
    refuse_missing([one for one in wanted if not authz.has(user, one)])


@transaction.atomic
def rotate_api_key(
    key: ApiKey, *, acting_user: User, now: datetime, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """Make the key that follows this one, for the same time, and let this one end once the overlap has passed.

    Nothing else changes: the new one has its name, permissions and networks. Raises ``KeyEnded``.
    """
    user = held(key.user)  # the account first, as whoever closes it locks it
    key = locked(ApiKey.objects.all(), key.pk)
    if not key.is_valid_at(now):
        raise KeyEnded("The key has ended. Make a new one.")
    fresh, secret = create_api_key(
        user,
        name=key.name,
        permissions=key.permissions,
        networks=key.networks,
        expires_at=now + (key.expires_at - key.created_at),
        acting_user=acting_user,
        now=now,
    )
    key.expires_at = min(key.expires_at, now + overlap)
    key.save(update_fields=["expires_at"])
    audit.record("api_key.rotated", now=now, target=key, actor=acting_user, details={"new": str(fresh.pk)})
    events.publish("api_key.rotated", {"api_key_id": str(key.pk), "new_api_key_id": str(fresh.pk)}, now=now)
    return fresh, secret


@transaction.atomic
def revoke_api_key(key: ApiKey, *, acting_user: User | None, now: datetime) -> ApiKey:
    """End a key at once; ending it twice changes nothing."""
    key = locked(ApiKey.objects.select_related("user"), key.pk)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        audit.record("api_key.revoked", now=now, target=key, actor=acting_user)
        events.publish("api_key.revoked", {"api_key_id": str(key.pk)}, now=now)
    return key


def revoke_all_keys(user: User, *, acting_user: User | None, now: datetime) -> None:
    """End every key of an account at once."""
    for key in user.api_keys.filter(revoked_at=None).order_by("pk"):
        revoke_api_key(key, acting_user=acting_user, now=now)
