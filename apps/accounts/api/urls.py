from rest_framework.routers import SimpleRouter

from apps.accounts.api import users

router = SimpleRouter()
router.register("users", users.UserViewSet, "user")
router.register("roles", users.RoleViewSet, "role")
router.register("grants", users.GrantViewSet, "grant")
router.register("api-keys", users.ApiKeyViewSet, "api-key")
router.register("audit-entries", users.AuditEntryViewSet, "audit-entry")
router.register("settings", users.SettingViewSet, "setting")
urlpatterns = router.urls
