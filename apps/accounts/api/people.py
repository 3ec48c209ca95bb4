"""What of people the API shows: those who have an account, and those who are invited."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field

from apps.accounts import attributes, authz, services
from apps.accounts.keys import Credential
from apps.accounts.lines import Permission
from apps.accounts.models import Invitation, Role, User
from apps.accounts.services import LONGEST_MESSAGE
from apps.configuration import zones
from apps.core.api import serializers


def change(user: User, said: Mapping[str, Any], *, acting_user: User) -> User:
    """Change of an account what its serializer has read."""
    changes, now = {**said}, timezone.now()
    changes.pop("email", None)  # it is the same
    if "attributes" in changes:
        user = services.change_attributes(user, changes.pop("attributes"), acting_user=acting_user, now=now)
    if "notifications" in changes:
        user = services.change_notifications(user, changes.pop("notifications"), acting_user=acting_user, now=now)
    return services.change_user(user, acting_user=acting_user, now=now, **changes) if changes else user


MISFITS = {
    "type": "array",
    "items": {"type": "object", "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}}},
}


@extend_schema_field({"type": "object", "additionalProperties": True})
class AttributesField(serializers.Field[Any, Any, Any, Any]):
    """An object; whether it fits, the service says."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give an object.")
        return data

    def get_attribute(self, instance: Any) -> Any:
        return instance.attributes or {}

    def to_representation(self, value: Any) -> Any:
        return value


class UserSerializer(serializers.ErasableSerializer[User]):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)

    attributes = AttributesField(required=False, help_text="What the tenant's setting `users.attributes` declares.")
    time_zone = serializers.CharField(
        max_length=60, allow_blank=True, required=False, help_text="An IANA zone; empty: the tenant's."
    )
    misfits = serializers.SerializerMethodField(help_text="What of the attributes no longer fits what is declared.")

    class Meta:
        model = User
        fields = (
            *("id", "email", "name", "language", "time_zone", "attributes", "misfits"),
            *("is_active", "erased", "created_at", "last_login"),
        )
        read_only_fields = ("id", "is_active", "created_at", "last_login")

    @cached_property
    def _declared(self) -> dict[str, Any]:
        """Read once for all rows of a list or an export."""
        return attributes.schema()

    @extend_schema_field(MISFITS)
    def get_misfits(self, user: User) -> list[dict[str, str]]:
        misfit = attributes.misfit(user.attributes or {}, declared=self._declared)
        return [{"pointer": one.pointer, "detail": one.detail} for one in misfit]

    def validate_time_zone(self, zone: str) -> str:
        if zone and (problem := zones.problem_with(zone)):
            raise serializers.ValidationError(problem)
        return zone

    def validate_email(self, email: str) -> str:
        if self.instance is not None and email != self.instance.email:
            raise serializers.ValidationError("An account keeps its e-mail address.")
        return email


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "boolean"}}}
)
class NotificationsField(serializers.Field[Any, Any, Any, Any]):
    """By purpose and channel whether they get it; the service says which may be declined."""

    def to_internal_value(self, data: Any) -> dict[str, dict[str, bool]]:
        said = data.values() if isinstance(data, dict) else [None]
        if not all(isinstance(by, dict) and all(isinstance(one, bool) for one in by.values()) for by in said):
            raise serializers.ValidationError("Give an object for each purpose, with true or false for each channel.")
        return dict(data)

    def get_attribute(self, instance: Any) -> Any:
        return services.notifications_of(instance)

    def to_representation(self, value: Any) -> Any:
        return value


class MeSerializer(UserSerializer):
    """One's own account, with what one chooses alone."""

    notifications = NotificationsField(
        required=False, help_text="Which messages that may be declined come, by purpose and channel."
    )

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "notifications")  # type: ignore[assignment]  # a longer tuple

    def to_representation(self, user: User) -> Any:
        """Without attributes to a program that was named what it may do, and reading people is none of it."""
        shown = super().to_representation(user)
        return shown if _reads_people(authz.key_of(user)) else {**shown, "attributes": {}, "misfits": []}


def _reads_people(key: Credential | None) -> bool:
    named = key.permissions if key else ()
    return not named or any(
        Permission.stored(text).is_about("users", action) for text in named for action in ("read", "update")
    )


class NewUserSerializer(UserSerializer):
    """A new account with its first password, which is shown in this answer alone."""

    initial_password = serializers.CharField(read_only=True)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "initial_password")  # type: ignore[assignment]  # a longer tuple


class InvitationSerializer(serializers.ErasableSerializer[Invitation]):
    email = serializers.EmailField(max_length=254)
    roles = serializers.PrimaryKeyRelatedField(
        many=True, queryset=Role.objects.all(), help_text="Given when it is accepted; within the caller's own rights."
    )
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    message = serializers.CharField(
        max_length=LONGEST_MESSAGE, allow_blank=True, required=False, help_text="Stands in the letter."
    )
    attributes = AttributesField(required=False, help_text="What the account will have, as a user's.")
    state = serializers.SerializerMethodField()

    class Meta:
        model = Invitation
        fields = (
            *("id", "email", "name", "roles", "language", "attributes", "message", "state", "erased"),
            *("invited_by", "created_at", "sent_at", "expires_at", "revoked_at", "accepted_at", "accepted_by"),
        )
        read_only_fields = (
            *("id", "state", "invited_by", "created_at", "sent_at"),
            *("expires_at", "revoked_at", "accepted_at", "accepted_by"),
        )

    @extend_schema_field({"type": "string", "enum": Invitation.State.values})
    def get_state(self, invitation: Invitation) -> str:
        return invitation.state_at(timezone.now()).value
