"""Fields that take a right of their own, besides that to the object: the serializer declares which."""

from typing import Any, TypeVar

from apps.accounts import authz
from apps.core.api import serializers

M = TypeVar("M")


class FieldsByRight(serializers.ModelSerializer[M]):
    """``Meta.takes`` says by field what one has to be permitted in the whole tenant to be shown more than ``""``.

    Where nobody asks, as in a command, all is shown.
    """

    def to_representation(self, instance: M) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return {**shown, **dict.fromkeys(self._kept_back(), "")}

    def _kept_back(self) -> list[str]:
        request = self.context.get("request")
        takes: dict[str, str] = self.Meta.takes
        return [name for name, right in takes.items() if request and not authz.everywhere(request.user, right)]
