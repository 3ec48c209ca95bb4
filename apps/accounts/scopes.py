"""What ``own`` means for accounts and keys; of programs, those that one answers for."""

from django.db.models import Q

from apps.accounts.authz import register_scope
from apps.accounts.models import ApiKey, Grant, Invitation, ServiceAccount, User

register_scope(User, "own", lambda user, _: Q(pk=user.pk))
register_scope(ServiceAccount, "own", lambda user, _: Q(owner=user))
register_scope(Grant, "own", lambda user, _: Q(user=user) | Q(delegator=user))
register_scope(ApiKey, "own", lambda user, _: Q(user=user))
register_scope(Invitation, "own", lambda user, _: Q(invited_by=user))
