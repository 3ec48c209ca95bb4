"""What can be permitted of files."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare

declare("files", _("Files that are kept."), "read", "create", "delete")
