from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.accounts.api.audit import AuditEntryViewSet
from apps.accounts.api.data_keys import DataKeyViewSet
from apps.accounts.api.explaining import PermissionExplanationView
from apps.accounts.api.files import StoredFileViewSet
from apps.accounts.api.grants import GrantViewSet
from apps.accounts.api.invitations import InvitationViewSet
from apps.accounts.api.keys import ApiKeyViewSet
from apps.accounts.api.roles import RoleViewSet
from apps.accounts.api.service_accounts import ServiceAccountViewSet
from apps.accounts.api.sessions import ME, MeView, SessionViewSet
from apps.accounts.api.settings import PlannedChangeViewSet, SettingViewSet
from apps.accounts.api.uploads import UploadViewSet
from apps.accounts.api.users import UserViewSet
from apps.accounts.api.viewsets import UUID
from apps.core import roles

role = roles.USERS_API
router = SimpleRouter()
router.register("users", UserViewSet, "user")
router.register("invitations", InvitationViewSet, "invitation")
router.register(f"users/(?P<user>{ME}|{UUID})/sessions", SessionViewSet, "user-session")
router.register("service-accounts", ServiceAccountViewSet, "service-account")
router.register("roles", RoleViewSet, "role")
router.register("grants", GrantViewSet, "grant")
router.register("api-keys", ApiKeyViewSet, "api-key")
router.register("keys", DataKeyViewSet, "key")
router.register("files/uploads", UploadViewSet, "upload")
router.register("files", StoredFileViewSet, "stored-file")
router.register("audit-entries", AuditEntryViewSet, "audit-entry")
router.register("settings/changes", PlannedChangeViewSet, "setting-change")
router.register("settings", SettingViewSet, "setting")
urlpatterns = [
    *router.urls,
    path(f"users/{ME}/", MeView.as_view(), name="user-me"),
    path("permissions/explain/", PermissionExplanationView.as_view(), name="permission-explanation"),
]
