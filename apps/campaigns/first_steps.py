"""That people have been asked."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.core.beginning import declare

declare(
    "campaign",
    _("Open your first campaign"),
    _("It asks your stakeholders, and shows the scores once enough of them have answered."),
    lambda: reverse("campaigns:create"),
    lambda: Campaign.objects.exclude(status=Campaign.Status.DRAFT).exists(),
    place=50,
)
