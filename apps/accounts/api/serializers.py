from typing import Any

from django.conf import settings

from apps.accounts.models import ApiKey, Grant, Role, User
from apps.audit.models import AuditEntry
from apps.core.api import serializers
from apps.core.api.moments import MomentField


class PermissionsField(serializers.ListField):
    """Texts ``resource:scope:action``."""

    child = serializers.CharField(max_length=120)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)


class UserSerializer(serializers.ModelSerializer[User]):
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)

    class Meta:
        model = User
        fields = ("id", "email", "name", "language", "is_active", "created_at", "last_login")
        read_only_fields = ("id", "is_active", "created_at", "last_login")
        extra_kwargs: dict[str, Any] = {"email": {"validators": [], "max_length": 254}}

    def validate_email(self, email: str) -> str:
        if self.instance is not None and email != self.instance.email:
            raise serializers.ValidationError("An account keeps its e-mail address.")
        return email


class NewUserSerializer(UserSerializer):
    """A new account with its first password, which is shown in this answer alone."""

    initial_password = serializers.CharField(read_only=True)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "initial_password")  # type: ignore[assignment]  # a longer tuple


class RoleSerializer(serializers.ModelSerializer[Role]):
    permissions = PermissionsField()

    class Meta:
        model = Role
        fields = ("id", "code", "name", "permissions", "is_system")
        read_only_fields = ("id", "is_system")
        extra_kwargs: dict[str, Any] = {"code": {"validators": []}}

    def validate_code(self, code: str) -> str:
        if self.instance is not None and code != self.instance.code:
            raise serializers.ValidationError("A role keeps its code.")
        return str(serializers.SlugField(max_length=60).run_validation(code))


class GrantSerializer(serializers.ModelSerializer[Grant]):
    role_code = serializers.CharField(source="role.code", read_only=True)

    valid_until = MomentField(required=False, allow_null=True)

    class Meta:
        model = Grant
        fields = ("id", "user", "role", "role_code", "object_id", "valid_until", "granted_at", "granted_by")
        read_only_fields = ("id", "granted_at", "granted_by")
        validators: list[Any] = []


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    user = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), required=False, help_text="The account that the key acts as; the caller's own."
    )
    permissions = PermissionsField(required=False, help_text="Empty: everything that the account may do.")
    expires_at = MomentField(required=False, help_text="In 90 days, if not said; in 365 at most.")

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "user",
            "prefix",
            "permissions",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )
        read_only_fields = ("id", "prefix", "created_at", "revoked_at", "last_used_at")


class NewApiKeySerializer(ApiKeySerializer):
    """A new key with its text, which is shown in this answer alone."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]  # a longer tuple


class LevelSerializer(serializers.Serializer[dict[str, Any]]):
    level = serializers.ChoiceField(choices=["default", "global", "tenant"])
    value = serializers.JSONField()


class SettingSerializer(serializers.Serializer[dict[str, Any]]):
    key = serializers.CharField(read_only=True)
    about = serializers.CharField(read_only=True)
    schema = serializers.JSONField(read_only=True, help_text="JSON Schema of the value.")
    value = serializers.JSONField(help_text="The value in force.")
    levels = LevelSerializer(many=True, read_only=True)


class SettingPageSerializer(serializers.Serializer[dict[str, Any]]):
    """All settings: always one page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = SettingSerializer(many=True)


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "recorded_at",
            "occurred_at",
            "category",
            "action",
            "outcome",
            "actor_type",
            "actor",
            "ip",
            "user_agent",
            "trace_id",
            "object_type",
            "object_id",
            "details",
        )
        read_only_fields = fields
