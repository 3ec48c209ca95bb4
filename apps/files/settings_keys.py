"""What a tenant may set about files."""

from django.utils.translation import gettext_noop as _

from apps.configuration.registry import Merge, declare, declare_rate, name_area

name_area(_("Files"), "files")
QUOTA = declare(
    "files.quota_mb",
    10_000,
    {"type": "integer", "minimum": 0, "maximum": 100_000_000},
    _("How many megabytes all files together may have. What a level says, none below may raise."),
    label=_("Room for files"),
    merge=Merge.LOWEST,
    owner="files",
)
RATE = declare_rate("files", 500, _("Requests an hour and user to files."), label=_("Rate of files"), owner="files")
