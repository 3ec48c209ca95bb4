"""Who has which role in the current tenant."""

from django.utils import timezone

from apps.accounts import authz, services
from apps.accounts.api.serializers import GrantSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, CreateMixin, DestroyMixin, ReadMixin, caller
from apps.accounts.models import Grant
from apps.core.api import serializers
from apps.core.api.parameters import an_id
from apps.core.errors import Invalid, Problem
from resimate_text.sentences import Sentence


class GrantViewSet(ReadMixin, CreateMixin, DestroyMixin, CollectionView[Grant]):
    """Who has which role. Nobody gives more than they have, and the last administrator stays.

    Who may create grants of their own hands on what they have (`delegated`); the others give, too.
    """

    resource = "grants"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = Grant.objects.select_related("role").order_by("-pk")
    serializer_class = GrantSerializer
    filters = (an_id("user"), an_id("role"), an_id("object_id"), an_id("delegator"))
    asks_again = ("create", "destroy")

    def perform_create(self, serializer: serializers.BaseSerializer[Grant]) -> Grant:
        given, acting_user, now = dict(serializer.validated_data), caller(self.request), timezone.now()
        user, role = given.pop("user"), given.pop("role")
        if not given.pop("is_handed_on"):
            authz.require_everywhere(acting_user, "grants:create")
            return services.grant_role(user, role, acting_user=acting_user, now=now, **given)
        if given.pop("denies"):
            detail = Sentence("A denial is not handed on.")
            raise Invalid(detail, errors=[Problem("/denies", detail, "delegated")])
        return services.delegate_role(user, role, acting_user=acting_user, now=now, **given)

    def perform_destroy(self, instance: Grant) -> None:
        services.revoke_grant(instance, acting_user=caller(self.request), now=timezone.now())
