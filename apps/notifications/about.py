"""What a message is about: a thing of an app above, named as the audit trail names it."""

from typing import NamedTuple, Self
from uuid import UUID

from django.db import models


class About(NamedTuple):
    """``type`` is the model's label, such as ``campaigns.campaign``."""

    type: str
    id: UUID

    @classmethod
    def of(cls, thing: models.Model) -> Self:
        return cls(thing._meta.label_lower, thing.pk)
