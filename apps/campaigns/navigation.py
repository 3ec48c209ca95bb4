"""Where campaigns, and the page that begins with them, stand in the navigation."""

from django.utils.translation import gettext_lazy as _

from apps.core.navigation import declare

declare("", _("Home"), place=0)
declare("campaigns", _("Campaigns"), place=10)
