from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from apps.accounts import authz
from apps.accounts.hashers import normalised
from apps.accounts.models import User
from apps.accounts.passwords import LONGEST


class EmailBackend(BaseBackend):
    """E-mail address, in any case, and password. Each refusal takes the time of one hash, whatever its reason."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any
    ) -> User | None:
        if len(password) > LONGEST:
            return None
        user = User.objects.at(username).first()
        if user is None:
            for spelling in {password, normalised(password)}:  # as many as are tried for an account
                make_password(spelling)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: UUID) -> User | None:
        """Who has a session. A program has none, whoever made one for it."""
        return User.objects.people().filter(pk=user_id, is_active=True).first()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Without an object: about the whole tenant.

        Django's own permissions are those of an administrator who is denied nothing: its lists show all there is.
        """
        if ":" not in perm:
            return authz.everywhere(user_obj, "tenant:manage") and not authz.denials_of(user_obj)
        return authz.everywhere(user_obj, perm) if obj is None else authz.allows(user_obj, perm, obj)
