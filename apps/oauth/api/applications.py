"""The applications that may ask people to let them in."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import (
    UUID,
    CollectionView,
    CreateMixin,
    DestroyMixin,
    ReadMixin,
    UpdateMixin,
    caller,
    verb,
    with_secret,
)
from apps.core.api import serializers
from apps.oauth import services
from apps.oauth.api.serializers import ApplicationSerializer, NewApplicationSerializer
from apps.oauth.models import Application


class ApplicationViewSet(ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Application]):
    """Applications of others. Each person lets them in, on a page that says what for; `id` is the `client_id`."""

    resource = "applications"
    asks_again = ("create", "update", "partial_update", "replace_secret")
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = Application.objects.order_by("-pk")
    serializer_class = ApplicationSerializer
    permissions = {"replace_secret": "update"}

    @extend_schema(responses={201: NewApplicationSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register one; the secret of a confidential one is in the answer, and never shown again."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[Application]) -> Application:
        given = dict(serializer.validated_data)
        made, secret = services.register_application(
            given.pop("name"), acting_user=caller(self.request), now=timezone.now(), **given
        )
        return with_secret(made, secret=secret)

    def perform_update(self, serializer: serializers.BaseSerializer[Application]) -> Application:
        given: Any = {name: one for name, one in serializer.validated_data.items() if name != "kind"}
        application: Any = serializer.instance
        return services.change_application(application, acting_user=caller(self.request), now=timezone.now(), **given)

    def perform_destroy(self, instance: Application) -> None:
        """It is let in no more; the row stays, to say who was let in."""
        services.retire_application(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=NewApplicationSerializer)
    @verb(url_path="replace-secret", url_name="replace-secret")
    def replace_secret(self, request: Request, pk: str) -> Response:
        """Give it another secret, shown in this answer alone; the one before opens nothing from now on."""
        application, secret = services.replace_secret(
            self.get_object(), acting_user=caller(request), now=timezone.now()
        )
        return self.shown(with_secret(application, secret=secret))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Application]]:
        return NewApplicationSerializer if self.action in ("create", "replace_secret") else ApplicationSerializer
