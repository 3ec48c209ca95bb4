"""That colleagues are there."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Invitation, User
from apps.core.beginning import declare

declare(
    "colleagues",
    _("Invite your colleagues"),
    _("They choose their password themselves, and have the roles that you give them."),
    lambda: reverse("admin:accounts_invitation_add"),
    lambda: Invitation.objects.exists() or len(User.objects.known().filter(owner=None)[:2]) > 1,
    place=20,
)
