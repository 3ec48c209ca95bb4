"""The keys of programs."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.serializers import ApiKeySerializer, KeyRotationSerializer, NewApiKeySerializer
from apps.accounts.api.viewsets import (
    UUID,
    CollectionView,
    CreateMixin,
    DestroyMixin,
    ReadMixin,
    caller,
    verb,
    with_secret,
)
from apps.accounts.models import ApiKey
from apps.core.api import serializers
from apps.core.api.parameters import an_id, text


class ApiKeyViewSet(ReadMixin, CreateMixin, DestroyMixin, CollectionView[ApiKey]):
    """The keys of programs. A key acts as its user, with that user's permissions or fewer."""

    resource = "api-keys"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = ApiKey.objects.order_by("-pk")
    serializer_class = ApiKeySerializer
    filters = (an_id("user"), text("prefix"))
    permissions = {"revoke": "delete", "rotate": "create"}
    asks_again = ("create", "rotate")

    @extend_schema(responses={201: NewApiKeySerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a key; its text is in the answer, and never shown again."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[ApiKey]) -> ApiKey:
        given, creator, now = dict(serializer.validated_data), caller(self.request), timezone.now()
        key, secret = services.create_api_key(given.pop("user", creator), acting_user=creator, now=now, **given)
        return with_secret(key, key=secret)

    def perform_destroy(self, instance: ApiKey) -> None:
        services.revoke_api_key(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=ApiKeySerializer)
    @verb()
    def revoke(self, request: Request, pk: str) -> Response:
        """End the key at once; the row stays, to say who had it."""
        return self.shown(services.revoke_api_key(self.get_object(), acting_user=caller(request), now=timezone.now()))

    @extend_schema(request=KeyRotationSerializer, responses={201: NewApiKeySerializer})
    @verb(takes_body=True)
    def rotate(self, request: Request, pk: str) -> Response:
        """Make the key that follows this one; its text is in the answer, and never shown again.

        It has the same name, permissions, networks and length of life. This one ends once the overlap has passed.
        """
        before = self.get_object()
        wanted = KeyRotationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        overlap = timedelta(hours=wanted.validated_data["overlap_hours"])
        key, secret = services.rotate_api_key(before, acting_user=caller(request), now=timezone.now(), overlap=overlap)
        where = request.path.replace(f"{before.pk}/rotate/", f"{key.pk}/")
        return self.shown(with_secret(key, key=secret), status=201, location=where)

    def get_serializer_class(self) -> type[serializers.BaseSerializer[ApiKey]]:
        return NewApiKeySerializer if self.action in ("create", "rotate") else ApiKeySerializer
