"""What the trail has of files: who began to bring one and kept one, who was refused, who read it, and when it went."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare("stored_file", Category.DATA, "begun", "kept", "refused", "deleted", name=_("File"))
