"""The accounts of the current tenant."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import passwords, services
from apps.accounts.api.imports import UserImportSerializer, people_of
from apps.accounts.api.people import NewUserSerializer, UserSerializer, change
from apps.accounts.api.viewsets import (
    UUID,
    CollectionView,
    CreateMixin,
    ReadMixin,
    UpdateMixin,
    caller,
    verb,
    with_secret,
)
from apps.accounts.models import User
from apps.core.api import serializers
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parameters import text, yes_or_no


def _by_email(queryset: QuerySet[User], email: str) -> QuerySet[User]:
    return queryset.filter(User.by_address().among([email]))


class UserViewSet(ReadMixin, CreateMixin, UpdateMixin, CollectionView[User]):
    """The people who have an account in this tenant."""

    resource = "users"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = User.objects.people().order_by("-pk")
    serializer_class = UserSerializer
    filters = (text("email", _by_email, "the exact address, in any case"), yes_or_no("is_active"))
    asks_again = ("import_rows", "reset_password")
    permissions = {
        "activate": "update",
        "deactivate": "update",
        "erase": "manage",
        "import_rows": "create",
        "reset_password": "manage",
        "send_reset_link": "manage",
    }

    @extend_schema(responses={201: NewUserSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make an account; its first password is in the answer, and never shown again."""
        return super().create(request, *args, **kwargs)

    @extend_schema(request=UserImportSerializer, responses={202: JobSerializer})
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_rows(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Invite people as a job: all of them or none; with `dry_run` it only says whether it would succeed."""
        body = UserImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        persons, notes = people_of(body.validated_data)
        dry_run = body.validated_data["dry_run"]
        return accepted(
            services.enqueue_import(
                persons, notes=notes, acting_user=caller(request), now=timezone.now(), dry_run=dry_run
            )
        )

    def perform_create(self, serializer: serializers.BaseSerializer[User]) -> User:
        password = passwords.generate()
        user = services.create_user(
            password=password, acting_user=caller(self.request), now=timezone.now(), **serializer.validated_data
        )
        return with_secret(user, initial_password=password)

    def perform_update(self, serializer: serializers.BaseSerializer[User]) -> User:
        return change(cast("User", serializer.instance), serializer.validated_data, acting_user=caller(self.request))

    @extend_schema(request=None, responses=UserSerializer)
    @verb()
    def deactivate(self, request: Request, pk: str) -> Response:
        """Close the account: its sessions and keys end at once."""
        return self.shown(services.deactivate_user(self.get_object(), acting_user=caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=UserSerializer)
    @verb()
    def activate(self, request: Request, pk: str) -> Response:
        """Open a closed account again; its revoked keys stay revoked."""
        return self.shown(services.activate_user(self.get_object(), acting_user=caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=UserSerializer)
    @verb()
    def erase(self, request: Request, pk: str) -> Response:
        """Close the account for good and forget whose it was, in copies and backups too; the trail keeps its id."""
        return self.shown(services.erase_user(self.get_object(), acting_user=caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=UserSerializer)
    @verb(url_path="send-reset-link")
    def send_reset_link(self, request: Request, pk: str) -> Response:
        """Send the owner a link with which they choose a new password themselves."""
        user = self.get_object()
        services.send_link(user, acting_user=caller(request), now=timezone.now())
        return self.shown(user)

    @extend_schema(request=None, responses=NewUserSerializer)
    @verb(url_path="reset-password")
    def reset_password(self, request: Request, pk: str) -> Response:
        """Replace the password by a random one, which is in the answer and never shown again."""
        user, password = services.reset_password(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(with_secret(user, initial_password=password))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[User]]:
        return NewUserSerializer if self.action in ("create", "reset_password") else UserSerializer
