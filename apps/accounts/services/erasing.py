"""Forgetting whose an account is."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.services.addresses import forget_address_wanted
from apps.accounts.services.grants import end_grants, grants_of, refuse_unheld, refuse_without_administrator
from apps.accounts.services.invitations import forget_invitations_to
from apps.accounts.services.keys import revoke_all_keys
from apps.accounts.services.notices import forget_notices
from apps.accounts.services.service_accounts import stop_programs_of
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.keys import services as keys


class OwnAccount(Refused):
    code = "own_account"
    title = "You cannot erase your own account"


@transaction.atomic
def erase_user(user: User, *, acting_user: User | None, now: datetime) -> User:
    """Close an account for good, end all that it opens, and forget whose it was: their key is destroyed.

    What was done with it stays on record under its id alone, and its address is free. Repeating it changes nothing.
    Without an acting user it is the operator that acts.
    """
    user = locked(User.objects.all(), user.pk)
    authz.require(acting_user, "users:manage", user)
    if acting_user is not None and acting_user.pk == user.pk:
        raise OwnAccount("You cannot erase your own account. Ask another administrator to do it.")
    if user.is_erased:
        return user
    refuse_unheld(acting_user, authz.permissions_of(user))
    grants = grants_of(user)
    refuse_without_administrator(now, without_user=user)
    end_grants(grants, acting_user=acting_user, now=now)
    revoke_all_keys(user, acting_user=acting_user, now=now)
    user.is_active = False
    user.session_epoch += 1
    user.set_unusable_password()
    user.save(update_fields=["is_active", "session_epoch", "password"])
    forget_invitations_to(user, now=now)
    user.sessions.all().delete()
    forget_address_wanted(user)
    stop_programs_of(user, acting_user=acting_user, now=now)
    forget_notices(user, keys.erase(user), now=now)
    audit.record("user.erased", now=now, target=user, actor=acting_user)
    events.publish("user.erased", {"user_id": str(user.pk)}, now=now)
    return User.objects.get(pk=user.pk)
