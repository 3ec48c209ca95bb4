"""Where somebody is signed in: one's own sessions, and those of accounts that one manages."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz, services
from apps.accounts.api.people import MeSerializer, change
from apps.accounts.api.permissions import Granted
from apps.accounts.api.serializers import SessionSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, DestroyMixin, ReadMixin, caller
from apps.accounts.models import Session, User
from apps.audit import reading
from apps.core.api.views import ApiView, etag_of
from apps.core.locking import lock

#: What stands for the caller in an address.
ME = "me"


class MeView(ApiView):
    """Whoever asks."""

    throttle_group = "default"
    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="users_me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The caller's own account; with a key, the account that the key acts as."""
        user = caller(request)
        reading.note("user", now=timezone.now(), target=user)
        return Response(MeSerializer(user).data)

    @extend_schema(operation_id="users_me_change", request=MeSerializer, responses=MeSerializer)
    @transaction.atomic
    def patch(self, request: Request) -> Response:
        """Change one's own name, language, zone, attributes and notifications; with a key, as far as it reaches."""
        user = caller(request)
        if authz.key_of(user) is not None:
            authz.require(user, "users:update", user)
        lock(User.objects.filter(pk=user.pk))
        self.check_current(MeSerializer(user).data)
        body = MeSerializer(user, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        data = MeSerializer(change(user, body.validated_data, acting_user=user)).data
        return Response(data, headers={"ETag": etag_of(data)})


class OwnOrGranted(Granted):
    """One's own sessions take no grant; which of others are reached, ``get_queryset`` says."""

    shows_own = True

    def has_permission(self, request: Any, view: Any) -> bool:
        return is_own(request.user, view.kwargs.get("user", "")) or super().has_permission(request, view)


def is_own(user: Any, wanted: str) -> bool:
    """Whether it is who signed in that asks for what is theirs; with a key it takes a grant."""
    return isinstance(user, User) and wanted.lower() in (ME, str(user.pk)) and services.may_see_sessions(user, user)


@extend_schema(
    parameters=[
        OpenApiParameter("user", OpenApiTypes.STR, OpenApiParameter.PATH, description="the account's id, or `me`")
    ]
)
class SessionViewSet(ReadMixin, DestroyMixin, CollectionView[Session]):
    """Where a person is signed in. What is ended opens nothing from the next request on."""

    resource = "users"
    throttle_group = "default"
    permission_classes = (OwnOrGranted,)
    shown_as = False
    permissions = dict.fromkeys(("list", "export", "retrieve", "destroy"), "manage")
    lookup_value_regex = UUID
    queryset = Session.objects.order_by("-last_used_at", "pk")
    serializer_class = SessionSerializer

    @cached_property
    def owner(self) -> User:
        user, wanted = caller(self.request), self.kwargs["user"]
        if is_own(user, wanted):
            return user
        others = authz.visible(User.objects.all(), user, "users:manage")
        found = others.filter(pk=user.pk if wanted == ME else wanted).first()
        if found is None:
            raise Http404
        return found

    def get_queryset(self) -> QuerySet[Session]:
        if getattr(self, "swagger_fake_view", False):
            return Session.objects.none()
        return services.live_sessions(self.owner, now=timezone.now())

    def perform_destroy(self, instance: Session) -> None:
        services.end_session(instance, acting_user=caller(self.request), now=timezone.now())
