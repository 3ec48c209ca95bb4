"""How published versions are asked whether they still give the scores that they gave."""

from django.utils import timezone

from apps.core.parts import Answer, declare
from apps.models import services
from apps.tenants.models import Tenant


def _golden() -> Answer:
    verified = [one for _, one in services.verify_tenants(Tenant.objects.order_by("slug"), now=timezone.now())]
    if wrong := sum(not one.check.agrees for one in verified):
        return Answer(f"{wrong} of {len(verified)} no longer give the same scores", is_well=False)
    return Answer(f"{len(verified)} give the same scores")


declare(
    "published_versions",
    _golden,
    mend="run the engine they were recorded with; `manage.py verify_models` lists",
)
