"""What is set, by key. The public schema's table is the global level; a tenant's table overrides it."""

from django.db import models

from apps.core.fields import Model


class Setting(Model):
    """One key that somebody set at this level; absent keys fall through to the level below."""

    key = models.CharField(max_length=100, unique=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
