"""What can be permitted of work in the background."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare, name_actions

name_actions(cancel=_("cancel"))
declare("jobs", _("Long work: how far it is, and ending it."), "read", "cancel")
