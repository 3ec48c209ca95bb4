from rest_framework.routers import SimpleRouter

from apps.accounts.api import views

router = SimpleRouter()
router.register("users", views.UserViewSet, "user")
router.register("roles", views.RoleViewSet, "role")
router.register("grants", views.GrantViewSet, "grant")
router.register("api-keys", views.ApiKeyViewSet, "api-key")
router.register("audit-entries", views.AuditEntryViewSet, "audit-entry")
router.register("settings", views.SettingViewSet, "setting")
urlpatterns = router.urls
