"""What the trail has of calls to others."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare("address", Category.AUTHORIZATION, "refused", name=_("Address"))
declare("destination", Category.ADMINISTRATION, "shut", "opened", "stopped", "released", name=_("Destination"))
