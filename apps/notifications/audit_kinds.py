"""What the trail has of messages."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare("message", Category.DATA, "cancelled", name=_("Message"))
