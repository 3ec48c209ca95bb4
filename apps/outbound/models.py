"""Whom we call, and how that went: known to all processes, by the database's clock."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TenantRow


class Destination(TenantRow):
    """One server as one tenant calls it; servers of the platform are called by all tenants, and are ``public``'s.

    Nobody calls before ``shut_until``, or while ``is_stopped`` by hand. ``free_at``: when the next call would come if
    all came evenly. ``failing_since``: when the first failure of those in a row was.
    """

    class State(models.TextChoices):
        OPEN = "open", _("called")
        TRIED = "tried", _("tried next time")
        SHUT = "shut", _("left alone")
        STOPPED = "stopped", _("stopped by hand")

    name = models.CharField(_("name"), max_length=300)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    failing_since = models.DateTimeField(_("since"), null=True, blank=True)
    shut_until = models.DateTimeField(_("next try"), null=True, blank=True)
    is_stopped = models.BooleanField(_("stopped by hand"), default=False, db_default=False)
    free_at = models.DateTimeField()

    class Meta:
        verbose_name = _("destination of calls")
        verbose_name_plural = _("destinations of calls")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="destination_once_per_tenant")]

    def __str__(self) -> str:
        return self.name

    def state(self, now: datetime) -> State:
        if self.is_stopped:
            return self.State.STOPPED
        if self.shut_until is None:
            return self.State.OPEN
        return self.State.SHUT if self.shut_until > now else self.State.TRIED
