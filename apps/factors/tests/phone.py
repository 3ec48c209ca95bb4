"""An authenticator app, as a test holds it."""

import base64
from datetime import datetime, timedelta

from django_otp.oath import TOTP

from apps.accounts.models import User
from apps.factors import services
from apps.factors.models import Factor


def code_of(seed: str, moment: datetime) -> str:
    totp = TOTP(base64.b32decode(seed))
    totp.time = moment.timestamp()
    return f"{totp.token():06d}"


def enrol(user: User, moment: datetime) -> tuple[Factor, list[str]]:
    """The factor of an app that was set up, and the backup codes; the app's code of now is good still."""
    before = moment - timedelta(seconds=60)
    begun = services.begin_app(user, name="phone", now=before)
    enrolled = services.confirm_app(user, code_of(begun.seed, before), now=before)
    return Factor.objects.select_related("key").get(pk=begun.pk), [*enrolled.codes]
