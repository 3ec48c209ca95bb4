"""Why may somebody do something, or why not."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz, services
from apps.accounts.api.viewsets import caller
from apps.accounts.models import User
from apps.audit import reading
from apps.core.api import serializers
from apps.core.api.parameters import an_id, text
from apps.core.api.views import ApiView
from apps.core.errors import Invalid, Problem


class ReasonSerializer(serializers.Serializer[Any]):
    grant = serializers.UUIDField(help_text="The grant that gives the role.")
    role = serializers.CharField(help_text="The code of the role.")
    inherited_from = serializers.CharField(
        help_text="The code of the role that says it, where the one that was given builds on that; empty otherwise."
    )
    permission = serializers.CharField(help_text="The line of the role, as resource:scope:action.")
    scope = serializers.CharField()
    object = serializers.UUIDField(source="object_id", allow_null=True, help_text="What the grant is limited to.")
    valid_until = serializers.DateTimeField(allow_null=True, read_only=True)
    delegator = serializers.UUIDField(
        source="delegator.pk", default=None, allow_null=True, help_text="Who handed it on; null of one's own."
    )


class ExplanationSerializer(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    permission = serializers.CharField()
    object = serializers.UUIDField(allow_null=True, help_text="null: the whole tenant.")
    allow = serializers.BooleanField()
    because = ReasonSerializer(many=True, help_text="What permits it; empty where nothing does.")
    beside = ReasonSerializer(many=True, help_text="Permissions of that kind which do not reach the object.")
    denied_by = ReasonSerializer(many=True, help_text="What denies it, or a part of it, whatever else is given.")
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="Any of these would be enough; empty where it is denied, since nothing is.",
    )
    detail = serializers.CharField(help_text="The same in words.")


class PermissionExplanationView(ApiView):
    """Why may somebody do something, or why not."""

    throttle_group = "default"
    permission_classes = (IsAuthenticated,)
    parameters = {
        "get": (
            an_id("user", about="The caller, when absent. Of others one needs to see the account and all grants."),
            text("permission", about="As `resource:action`, for example `campaigns:read`."),
            an_id("object", about="One object of that resource; the whole tenant, when absent."),
        )
    }

    @extend_schema(operation_id="permissions_explain", responses=ExplanationSerializer)
    def get(self, request: Request) -> Response:
        """Explain a decision: what permits it, what does not reach far enough, and what is missing."""
        if "permission" not in self.query:
            detail = "Say which permission, as in campaigns:read."
            raise Invalid(detail, errors=[Problem("/permission", detail, "required")])
        acting_user, now = caller(request), timezone.now()
        user = self._user(acting_user)
        explained = services.explain(
            user, self.query["permission"], self.query.get("object"), acting_user=acting_user, now=now
        )
        if user != acting_user:
            details = {"permission": explained.permission, "object": str(explained.object or "")}
            reading.note("user", now=now, target=user, details=details)
        return Response(ExplanationSerializer(explained).data)

    def _user(self, acting_user: User) -> User:
        wanted = self.query.get("user", acting_user.pk)
        if wanted == acting_user.pk:
            return acting_user
        user = authz.visible(User.objects.filter(pk=wanted), acting_user, "users:read").first()
        if user is None:
            raise Http404
        authz.require_everywhere(acting_user, "grants:read")
        return user
