"""How it is asked whether those whom we call answer."""

from django.db.models import Q
from django.db.models.functions import Now

from apps.core.parts import Answer, declare
from apps.core.tenancy import current_schema
from apps.outbound.models import Destination


def _destinations() -> Answer:
    """Those of the platform have to; of those that tenants have named, it is told how many do not."""
    shut = Destination.objects.filter(Q(shut_until__gt=Now()) | Q(is_stopped=True))
    ours = [
        f"{one.name}: {'stopped by hand' if one.is_stopped else one.last_error}"
        for one in shut.filter(tenant=current_schema()).order_by("name")
    ]
    theirs = shut.exclude(tenant=current_schema()).count()
    return Answer("; ".join([*ours, f"of those that tenants have named, {theirs} do not answer"]), is_well=not ours)


declare("outbound", _destinations, mend="see why that server does not answer; it is tried again by itself")
