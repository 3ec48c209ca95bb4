from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from apps.core import roles
from apps.oauth.api.applications import ApplicationViewSet

role = roles.USERS_API
router = SimpleRouter()
router.register("applications", ApplicationViewSet, "application")

urlpatterns: list[URLPattern | URLResolver] = router.urls
