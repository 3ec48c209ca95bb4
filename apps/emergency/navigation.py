from django.utils.translation import gettext_lazy as _

from apps.core.navigation import declare

declare("emergency", _("Emergency"), place=90)
