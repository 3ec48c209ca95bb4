"""People, roles, grants, keys and settings of the current tenant."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
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
from apps.core.api import serializers
from apps.core.api.fast import ExportMixin
from apps.core.api.parameters import Parameter, an_id, choice, moment, text, yes_or_no
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
    filters = (text("email", "email__iexact", "the exact address, in any case"), yes_or_no("is_active"))
    permissions = {
        "activate": "update",
        "deactivate": "update",
        "reset_password": "manage",
        "send_reset_link": "manage",
    }

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

    @extend_schema(request=None, responses=UserSerializer)
    @verb(url_path="send-reset-link")
    def send_reset_link(self, request: Request, pk: str) -> Response:
        """Send the owner a link with which they choose a new password themselves."""
        user = self.get_object()
        services.send_link(user, acting_user=_caller(request), now=timezone.now())
        return self.shown(user)

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
    filters = (text("code"), yes_or_no("is_system"))

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
    filters = (an_id("user"), an_id("role"), an_id("object_id"))

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
    filters = (an_id("user"), text("prefix"))
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


def _mentioning(entries: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
    part = Q(action__icontains=text) | Q(object_type__icontains=text)
    return entries.filter(part | Q(actor=text) | Q(object_id=text) | Q(trace_id=text))


class AuditEntryViewSet(ReadMixin, CollectionView[AuditEntry]):
    """What was done in this tenant, by whom, and when. Entries are added and read, never changed."""

    resource = "audit-entries"
    lookup_value_regex = UUID
    queryset = AuditEntry.objects.order_by("-pk")
    serializer_class = AuditEntrySerializer
    filters = (
        moment("since", "recorded_at__gte", "recorded at this moment or later"),
        moment("until", "recorded_at__lt", "recorded before this moment"),
        choice("category", AuditEntry.Category.values),
        text("action", about="for example campaign.opened"),
        choice("outcome", AuditEntry.Outcome.values),
        text("actor", about="the id of who did it"),
        text("object", "object_id", "the id of what it was done to"),
        text("object_id", about="the same as object"),
        text("q", _mentioning, "part of an action or of a kind of object, or a whole id"),
    )

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return super().get_queryset().filter(tenant=current_schema())


class SettingViewSet(ExportMixin, ApiView, ViewSet):
    """What can be set: for each key the value in force and every level that says something."""

    resource = "settings"
    of_tenant = True
    lookup_field = "key"
    pagination_class = None
    parameters = {
        "list": (
            Parameter("page_size", serializers.IntegerField(min_value=1, max_value=200), about="all come at once"),
        )
    }
    basename = "settings"
    lookup_value_regex = r"[a-z0-9_.-]+"
    serializer_class = SettingSerializer

    @extend_schema(operation_id="settings_list", responses=forced_singular_serializer(SettingPageSerializer))
    def list(self, request: Request) -> Response:
        """All keys, in one page."""
        return Response({"next": None, "previous": None, "results": self.exported()})

    def exported(self) -> Sequence[dict[str, Any]]:
        levels = configuration.explain_all()
        return [_setting(key, levels[key]) for key in sorted(KEYS)]

    @extend_schema(responses=SettingSerializer)
    def retrieve(self, request: Request, key: str) -> Response:
        """One key."""
        _refuse_unknown(key)
        return Response(_setting(key, configuration.explain(key)))

    @extend_schema(request=SettingSerializer, responses=SettingSerializer)
    def update(self, request: Request, key: str) -> Response:
        """Set a key for this tenant."""
        _refuse_unknown(key)
        present = _setting(key, configuration.explain(key))
        self.check_current(present)
        given = SettingSerializer(present, data=request.data)
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
