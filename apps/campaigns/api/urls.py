from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from apps.campaigns.api.campaigns import CampaignView
from apps.campaigns.api.people import MessageView, ParticipationView, StakeholderView
from apps.core import roles
from apps.core.api.raw_lists import UUID_PATTERN

role = roles.CAMPAIGNS_API
router = SimpleRouter()
router.register("campaigns", CampaignView, basename="campaigns")
router.register(f"campaigns/(?P<campaign>{UUID_PATTERN})/participations", ParticipationView, basename="participations")
router.register("stakeholders", StakeholderView, basename="stakeholders")
router.register("messages", MessageView, basename="messages")

urlpatterns: list[URLPattern | URLResolver] = router.urls
