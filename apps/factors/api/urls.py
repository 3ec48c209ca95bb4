from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from apps.core import roles
from apps.core.api.raw_lists import UUID_PATTERN
from apps.factors.api.factors import FactorView

role = roles.USERS_API
router = SimpleRouter()
router.register(f"users/(?P<user>{UUID_PATTERN})/factors", FactorView, basename="factors")

urlpatterns: list[URLPattern | URLResolver] = router.urls
