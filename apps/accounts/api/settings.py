"""What can be set for the current tenant."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.accounts.api.serializers import SettingPageSerializer, SettingSerializer
from apps.accounts.api.viewsets import caller
from apps.configuration import services as configuration
from apps.configuration.registry import KEYS
from apps.core.api import serializers
from apps.core.api.parameters import Parameter
from apps.core.api.raw_lists import ExportMixin
from apps.core.api.views import ApiView, etag_of


class SettingViewSet(ExportMixin, ApiView, ViewSet):
    """What can be set: for each key the value in force and every level that says something."""

    resource = "settings"
    throttle_group = "default"
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
        configuration.change(key, given.validated_data["value"], now=timezone.now(), actor=caller(request))
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
