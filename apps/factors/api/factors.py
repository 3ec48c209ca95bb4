"""Second factors of others: an administrator sees of which kinds they are, and removes those that are lost."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import mixins

from apps.accounts import authz
from apps.accounts.api.permissions import permission_for
from apps.accounts.api.viewsets import UUID, CollectionView, DestroyMixin, caller
from apps.accounts.models import User
from apps.core.api.raw_lists import ExportMixin
from apps.core.locking import lock
from apps.factors import services
from apps.factors.api.serializers import FactorSerializer
from apps.factors.models import Factor


class FactorView(ExportMixin, mixins.ListModelMixin, DestroyMixin, CollectionView[Factor]):
    """The second factors of an account. Its owner sets them up on the pages of the account."""

    resource = "users"
    throttle_group = "default"
    permissions = dict.fromkeys(("list", "export", "destroy"), "manage")
    asks_again = ("destroy",)
    lookup_value_regex = UUID
    queryset = Factor.objects.in_use().select_related("key", "user").order_by("-pk")
    serializer_class = FactorSerializer

    def get_queryset(self) -> QuerySet[Factor]:
        """Those of somebody whom the caller may manage."""
        of = User.objects.filter(pk=self.kwargs["user"])
        if not authz.visible(of, self.request.user, permission_for(self)).exists():
            raise Http404
        return Factor.objects.in_use().select_related("key", "user").filter(user=self.kwargs["user"]).order_by("-pk")

    def get_object(self) -> Factor:
        """All of the account's are locked first, in the order in which the service does it."""
        lock(Factor.objects.filter(user=self.kwargs["user"]))
        return super().get_object()

    def perform_destroy(self, instance: Factor) -> None:
        services.remove_factor(instance, acting_user=caller(self.request), now=timezone.now())
