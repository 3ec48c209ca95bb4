"""What can be set for the current tenant."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.accounts import authz
from apps.accounts.api.serializers import (
    PlannedChangeSerializer,
    SettingChangeSerializer,
    SettingDifferencesSerializer,
    SettingHistorySerializer,
    SettingPageSerializer,
    SettingRollbackSerializer,
    SettingSerializer,
)
from apps.accounts.api.viewsets import UUID, CollectionView, ReadMixin, caller, verb
from apps.configuration import services as configuration
from apps.configuration.models import Layer, PlannedChange
from apps.configuration.registry import KEYS, Key, Level
from apps.core.api import serializers
from apps.core.api.parameters import Parameter, choice, text
from apps.core.api.raw_lists import ExportMixin
from apps.core.api.views import ApiView, etag_of

#: Whose layer of the tenant's table a scope is.
LAYERS = {Level.TENANT: Layer.OWN, Level.USER: Layer.USER, Level.RUNTIME: Layer.RUNTIME}
#: How many changes of a key are told.
LATEST = 200


class SettingViewSet(ExportMixin, ApiView, ViewSet):
    """What can be set: for each key the value in force and every level that says something."""

    resource = "settings"
    throttle_group = "default"
    of_tenant = True
    lookup_field = "key"
    pagination_class = None
    permissions = {"explain": "read", "history": "read", "destroy": "update", "rollback": "update"}
    parameters = {
        "list": (
            Parameter("page_size", serializers.IntegerField(min_value=1, max_value=200), about="all come at once"),
        ),
        "destroy": (
            choice("scope", [Level.TENANT, Level.USER, Level.RUNTIME], about="whose value is taken back; the tenant's"),
        ),
    }
    basename = "settings"
    lookup_value_regex = r"[a-z0-9_.-]+"
    serializer_class = SettingSerializer

    @extend_schema(operation_id="settings_list", responses=forced_singular_serializer(SettingPageSerializer))
    def list(self, request: Request) -> Response:
        """All keys, in one page."""
        return Response({"next": None, "previous": None, "results": self.exported()})

    def exported(self) -> Sequence[dict[str, Any]]:
        explained = configuration.explain_all(user=caller(self.request).pk)
        return [_setting(KEYS[key], explained[key]) for key in sorted(KEYS)]

    @extend_schema(responses=SettingSerializer)
    def retrieve(self, request: Request, key: str) -> Response:
        """One key."""
        return Response(_present(request, key))

    @extend_schema(responses=SettingSerializer)
    @action(detail=True)
    def explain(self, request: Request, key: str) -> Response:
        """One key, with what every level says of it: who, when, and why it counts or does not."""
        return Response(_present(request, key))

    @extend_schema(responses=SettingHistorySerializer(many=True))
    @action(detail=True)
    def history(self, request: Request, key: str) -> Response:
        """The latest changes of a key in this tenant, the last one first."""
        _refuse_unknown(key)
        return Response(SettingHistorySerializer(configuration.history(key)[:LATEST], many=True).data)

    @extend_schema(request=SettingChangeSerializer, responses={200: SettingSerializer, 202: PlannedChangeSerializer})
    @transaction.atomic
    def update(self, request: Request, key: str) -> Response:
        """Set a key for this tenant; a change that waits is answered by 202 and what it waits for."""
        self._checked(request, key)
        given = SettingChangeSerializer(_present(request, key), data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        manner = configuration.Manner(said["reason"], said.get("starts_at"))
        lock = {"is_locked": said["locked"]} if "locked" in said else {}
        place = {**lock, "until": said.get("until"), **_place(request, said["scope"])}
        waits = configuration.change(
            key, said["value"], now=timezone.now(), actor=caller(request), manner=manner, **place
        )
        return self._changed(request, key, waits, is_dry=said["dry_run"])

    @extend_schema(request=None, responses={200: SettingSerializer, 202: PlannedChangeSerializer})
    @transaction.atomic
    def destroy(self, request: Request, key: str) -> Response:
        """Take back what is set for this tenant, so that the level below speaks again."""
        self._checked(request, key)
        place = _place(request, self.query.get("scope", Level.TENANT))
        waits = configuration.take_back(key, now=timezone.now(), actor=caller(request), **place)
        return self._changed(request, key, waits, is_dry=False)

    def _checked(self, request: Request, key: str) -> None:
        """Nobody else changes anything between the comparison and the change."""
        _refuse_unknown(key)
        configuration.hold()
        self.check_current(_present(request, key))

    def _changed(self, request: Request, key: str, waits: PlannedChange | None, *, is_dry: bool) -> Response:
        shown: Any = _present(request, key) if waits is None else PlannedChangeSerializer(waits).data
        if is_dry:
            transaction.set_rollback(True)
        elif waits is not None:
            place = request.build_absolute_uri(f"../changes/{waits.pk}/")
            return Response(shown, status=202, headers={"Location": place})
        return Response(shown, headers={} if is_dry else {"ETag": etag_of(shown)})

    @extend_schema(request=SettingRollbackSerializer, responses=SettingDifferencesSerializer)
    @action(detail=False, methods=["post"])
    def rollback(self, request: Request) -> Response:
        """Set everything in this tenant as it was in a version; that is a new version."""
        given = SettingRollbackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        with configuration.tried(undone=said["dry_run"]):
            changes = configuration.rollback(
                said["to_version"], now=timezone.now(), actor=caller(request), reason=said["reason"]
            )
        shown = [{"key": one.key, "old": one.old, "new": one.new} for one in changes]
        return Response({"version": configuration.latest_version(), "changes": shown})


class PlannedChangeViewSet(ReadMixin, CollectionView[PlannedChange]):
    """Changes that wait for their time or for a second administrator, and those that did."""

    resource = "settings"
    throttle_group = "default"
    of_tenant = True
    permissions = {"approve": "update", "reject": "update", "cancel": "update"}
    lookup_value_regex = UUID
    queryset = PlannedChange.objects.order_by("-pk")
    serializer_class = PlannedChangeSerializer
    filters = (choice("state", PlannedChange.State.values), text("key"))

    @verb()
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to a change that somebody else asked for: signed in, not by a key."""
        waiting = self.get_object()
        if authz.key_of(caller(request)):  # whoever asked may have made it, in another's name
            raise configuration.SamePerson("A key cannot agree to a change. Sign in to do it.")
        return self.shown(configuration.approve(waiting, now=timezone.now(), actor=caller(request)))

    @verb()
    def reject(self, request: Request, pk: str) -> Response:
        """Say no to a change that waits for a second person."""
        return self.shown(configuration.reject(self.get_object(), now=timezone.now(), actor=caller(request)))

    @verb()
    def cancel(self, request: Request, pk: str) -> Response:
        """Take back a change that has not been made yet."""
        return self.shown(configuration.cancel(self.get_object(), now=timezone.now(), actor=caller(request)))


def _place(request: Request, scope: str) -> dict[str, Any]:
    layer = LAYERS[Level(scope)]
    return {"layer": layer, "user": caller(request).pk if layer is Layer.USER else None}


def _refuse_unknown(key: str) -> None:
    if key not in KEYS:
        raise NotFound


def _present(request: Request, key: str) -> dict[str, Any]:
    _refuse_unknown(key)
    return _setting(KEYS[key], configuration.explain(key, user=caller(request).pk))


def _setting(key: Key, explained: configuration.Explained) -> dict[str, Any]:
    return {
        "key": key.name,
        "label": key.label,
        "about": key.about,
        "schema": key.schema,
        "owner": key.owner,
        "scopes": [str(one) for one in Level if one in key.levels],
        "merge": str(key.merge),
        "sensitive": key.sensitive,
        "restart": key.restart,
        "needs_two": key.needs_two,
        "value": explained.value,
        "layer": str(explained.winner.level),
        "who": explained.winner.by,
        "when": explained.winner.at,
        "levels": explained.levels,
    }
