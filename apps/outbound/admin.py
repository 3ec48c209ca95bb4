"""Whom the platform and its tenants call, and how that goes: operators stop calls, and let them go on."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin
from apps.outbound import services
from apps.outbound.models import Destination


@admin.register(Destination)
class DestinationAdmin(ReadOnlyAdmin[Destination]):
    list_display = ("name", "tenant", "state", "failures", "failing_since", "shut_until", "last_error")
    list_filter = ("is_stopped", "tenant")
    search_fields = ("name",)
    ordering = ("-is_stopped", "-failures", "name", "pk")
    actions = ("release", "stop")

    @admin.display(description=_("state"))
    def state(self, destination: Destination) -> str:
        return str(destination.state(timezone.now()).label)

    @admin.action(description=_("Try again now"), permissions=["view"])
    def release(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        self.each(request, queryset, _release, gettext("{count} are called again."))

    @admin.action(description=_("Stop calling"), permissions=["view"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        self.each(request, queryset, _stop, gettext("{count} are called no more."))


def _release(destination: Destination, now: datetime) -> None:
    services.release(destination, now=now)


def _stop(destination: Destination, now: datetime) -> None:
    services.stop(destination, now=now)
