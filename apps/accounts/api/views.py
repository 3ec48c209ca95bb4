"""People, roles, grants, keys and settings of the current tenant."""

from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils import timezone
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.accounts import passwords, services
from apps.accounts.api.serializers import (
    ApiKeySerializer,
    AuditEntrySerializer,
    GrantSerializer,
    NewApiKeySerializer,
    NewUserSerializer,
    RoleSerializer,
    SettingPageSerializer,
    SettingSerializer,
    UserSerializer,
)
from apps.accounts.api.viewsets import CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin, verb
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.configuration.registry import KEYS
from apps.core.api.views import ApiView, etag_of
from apps.core.tenancy import current_schema

UUID = "[0-9a-fA-F-]{36}"
M = TypeVar("M", bound=Model)


class UserViewSet(ReadMixin, CreateMixin, UpdateMixin, CollectionView[User]):
    """The accounts of this tenant."""

    resource = "users"
    lookup_value_regex = UUID
    queryset = User.objects.order_by("-pk")
    serializer_class = UserSerializer
    permissions = {"activate": "update", "deactivate": "update", "reset_password": "manage"}

    @extend_schema(responses={201: NewUserSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make an account; its first password is in the answer, and never shown again."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[User]) -> User:
        password = passwords.generate()
        user = services.create_user(
            password=password, acting_user=_caller(self.request), now=timezone.now(), **serializer.validated_data
        )
        return _with_secret(user, initial_password=password)

    def perform_update(self, serializer: serializers.BaseSerializer[User]) -> User:
        user = cast("User", serializer.instance)
        given = serializer.validated_data
        return services.change_user(
            user,
            name=given.get("name", user.name),
            language=given.get("language", user.language),
            acting_user=_caller(self.request),
            now=timezone.now(),
        )

    @extend_schema(request=None, responses=UserSerializer)
    @verb()
    def deactivate(self, request: Request, pk: str) -> Response:
        """Close the account: its sessions and keys end at once."""
        return self.shown(services.deactivate_user(self.get_object(), acting_user=_caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=UserSerializer)
    @verb()
    def activate(self, request: Request, pk: str) -> Response:
        """Open a closed account again; its revoked keys stay revoked."""
        return self.shown(services.activate_user(self.get_object(), acting_user=_caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=NewUserSerializer)
    @verb(url_path="reset-password")
    def reset_password(self, request: Request, pk: str) -> Response:
        """Replace the password by a random one, which is in the answer and never shown again."""
        user, password = services.reset_password(self.get_object(), acting_user=_caller(request), now=timezone.now())
        return self.shown(_with_secret(user, initial_password=password))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[User]]:
        return NewUserSerializer if self.action in ("create", "reset_password") else UserSerializer


class RoleViewSet(ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Role]):
    """The roles of this tenant: those of the product, which stay, and its own."""

    resource = "roles"
    lookup_value_regex = UUID
    queryset = Role.objects.order_by("-pk")
    serializer_class = RoleSerializer

    def perform_create(self, serializer: serializers.BaseSerializer[Role]) -> Role:
        return services.create_role(acting_user=_caller(self.request), now=timezone.now(), **serializer.validated_data)

    def perform_update(self, serializer: serializers.BaseSerializer[Role]) -> Role:
        role = cast("Role", serializer.instance)
        given = serializer.validated_data
        return services.change_role(
            role,
            name=given.get("name", role.name),
            permissions=given.get("permissions", role.permissions),
            acting_user=_caller(self.request),
            now=timezone.now(),
        )

    def perform_destroy(self, instance: Role) -> None:
        services.delete_role(instance, acting_user=_caller(self.request), now=timezone.now())


class GrantViewSet(ReadMixin, CreateMixin, DestroyMixin, CollectionView[Grant]):
    """Who has which role. Nobody gives more than they have, and the last administrator stays."""

    resource = "grants"
    lookup_value_regex = UUID
    queryset = Grant.objects.select_related("role").order_by("-pk")
    serializer_class = GrantSerializer

    def get_queryset(self) -> QuerySet[Grant]:
        queryset = super().get_queryset()
        wanted = self.request.query_params.get("user")
        return queryset.filter(user=serializers.UUIDField().run_validation(wanted)) if wanted else queryset

    @extend_schema(parameters=[OpenApiParameter("user", str, description="Only the grants of this user.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who has which role."""
        return super().list(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[Grant]) -> Grant:
        given = dict(serializer.validated_data)
        return services.grant_role(
            given.pop("user"), given.pop("role"), acting_user=_caller(self.request), now=timezone.now(), **given
        )

    def perform_destroy(self, instance: Grant) -> None:
        services.revoke_grant(instance, acting_user=_caller(self.request), now=timezone.now())


class ApiKeyViewSet(ReadMixin, CreateMixin, DestroyMixin, CollectionView[ApiKey]):
    """The keys of programs. A key acts as its user, with that user's permissions or fewer."""

    resource = "api-keys"
    lookup_value_regex = UUID
    queryset = ApiKey.objects.order_by("-pk")
    serializer_class = ApiKeySerializer
    permissions = {"revoke": "delete"}

    @extend_schema(responses={201: NewApiKeySerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a key; its text is in the answer, and never shown again."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[ApiKey]) -> ApiKey:
        caller = _caller(self.request)
        given = dict(serializer.validated_data)
        key, text = services.create_api_key(given.pop("user", caller), acting_user=caller, now=timezone.now(), **given)
        return _with_secret(key, key=text)

    def perform_destroy(self, instance: ApiKey) -> None:
        services.revoke_api_key(instance, acting_user=_caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=ApiKeySerializer)
    @verb()
    def revoke(self, request: Request, pk: str) -> Response:
        """End the key at once; the row stays, to say who had it."""
        return self.shown(services.revoke_api_key(self.get_object(), acting_user=_caller(request), now=timezone.now()))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[ApiKey]]:
        return NewApiKeySerializer if self.action == "create" else ApiKeySerializer


class AuditEntryViewSet(ReadMixin, CollectionView[AuditEntry]):
    """What was done in this tenant, by whom, and when. Entries are added and read, never changed."""

    resource = "audit-entries"
    lookup_value_regex = UUID
    queryset = AuditEntry.objects.order_by("-pk")
    serializer_class = AuditEntrySerializer

    def get_queryset(self) -> QuerySet[AuditEntry]:
        queryset = super().get_queryset().filter(tenant=current_schema())
        asked = self.request.query_params
        return queryset.filter(**{name: asked[name] for name in ("action", "category", "object_id") if name in asked})

    @extend_schema(
        parameters=[
            OpenApiParameter("action", str, description="Only this action, for example campaign.opened."),
            OpenApiParameter("category", str, description="Only this category."),
            OpenApiParameter("object_id", str, description="Only what was done to this object."),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was done, newest first."""
        return super().list(request, *args, **kwargs)


class SettingViewSet(ApiView, ViewSet):
    """What can be set: for each key the value in force and every level that says something."""

    resource = "settings"
    of_tenant = True
    lookup_field = "key"
    lookup_value_regex = r"[a-z0-9_.-]+"
    serializer_class = SettingSerializer

    @extend_schema(operation_id="settings_list", responses=forced_singular_serializer(SettingPageSerializer))
    def list(self, request: Request) -> Response:
        """All keys, in one page."""
        levels = configuration.explain_all()
        results = [_setting(key, levels[key]) for key in sorted(KEYS)]
        return Response({"next": None, "previous": None, "results": results})

    @extend_schema(responses=SettingSerializer)
    def retrieve(self, request: Request, key: str) -> Response:
        """One key."""
        _refuse_unknown(key)
        return Response(_setting(key, configuration.explain(key)))

    @extend_schema(request=SettingSerializer, responses=SettingSerializer)
    def update(self, request: Request, key: str) -> Response:
        """Set a key for this tenant."""
        _refuse_unknown(key)
        self.check_current(_setting(key, configuration.explain(key)))
        given = SettingSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        configuration.change(key, given.validated_data["value"], now=timezone.now(), actor=_caller(request))
        changed = _setting(key, configuration.explain(key))
        return Response(changed, headers={"ETag": etag_of(changed)})


def _refuse_unknown(key: str) -> None:
    if key not in KEYS:
        raise NotFound


def _setting(key: str, levels: list[dict[str, Any]]) -> dict[str, Any]:
    declared = KEYS[key]
    return {
        "key": key,
        "about": declared.about,
        "schema": declared.schema,
        "value": levels[-1]["value"],
        "levels": levels,
    }


def _caller(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101  the permission class lets nobody else through
    return request.user


def _with_secret(instance: M, **secret: str) -> M:
    """The object with what is shown in this answer alone."""
    for name, value in secret.items():
        setattr(instance, name, value)
    return instance
