"""What an owner is told of their account: whoever has got in unseen cannot keep these letters from them."""

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.core.tenancy import current_schema
from apps.notifications import services as notifications
from apps.tenants.hosts import base_url
from apps.tenants.models import Tenant


def tell_owner(user: User, kind: str, dedupe_key: str, *, now: datetime, **facts: Any) -> None:
    """Write to the owner of an account, with a link to it or the one in ``facts``. The platform has no messages."""
    if current_schema() == "public":
        return
    organisation = Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).get()
    shown = {"name": user.get_short_name(), "organisation": organisation, "link": f"{base_url()}/account/", **facts}
    notifications.enqueue(kind, user.email, shown, dedupe_key=dedupe_key, language=user.language, now=now)
