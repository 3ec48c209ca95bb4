"""The audit trail of the current tenant."""

from django.db.models import Q, QuerySet

from apps.accounts.api.serializers import AuditEntrySerializer
from apps.accounts.api.viewsets import UUID, CollectionView, ReadMixin
from apps.audit.models import AuditEntry
from apps.core.api.parameters import choice, moment, text
from apps.core.tenancy import current_schema


def _mentioning(entries: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
    part = Q(action__icontains=text) | Q(object_type__icontains=text)
    return entries.filter(part | Q(actor=text) | Q(object_id=text) | Q(trace_id=text))


class AuditEntryViewSet(ReadMixin, CollectionView[AuditEntry]):
    """What was done in this tenant, by whom, and when. Entries are added and read, never changed."""

    resource = "audit-entries"
    throttle_group = "default"
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
