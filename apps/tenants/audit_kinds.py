"""What the trail has of tenants."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare("tenant", Category.ADMINISTRATION, "created", "suspended", "resumed", "migrated", name=_("Tenant"))
