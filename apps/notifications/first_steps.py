"""That letters say whom to answer."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.configuration import services as configuration
from apps.core.beginning import declare
from apps.notifications.settings_keys import REPLY_TO

declare(
    "replies",
    _("Say where replies to e-mails go"),
    _("Otherwise people who answer an invitation reach nobody."),
    lambda: reverse("admin:configuration_setting_change", args=[REPLY_TO.name]),
    lambda: bool(configuration.get(REPLY_TO.name)),
    place=10,
)
