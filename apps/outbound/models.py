"""Whom we call, and how that went: known to all processes, by the database's clock."""

from django.db import models

from apps.core.models import TenantRow


class Destination(TenantRow):
    """One server as one tenant calls it; servers of the platform are called by all tenants, and are ``public``'s.

    Nobody calls before ``shut_until``. ``free_at``: when the next call would come if all came evenly.
    """

    name = models.CharField(max_length=300)
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    shut_until = models.DateTimeField(null=True, blank=True)
    free_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="destination_once_per_tenant")]

    def __str__(self) -> str:
        return self.name
