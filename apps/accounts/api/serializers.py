from typing import Any

from apps.accounts import lineage
from apps.accounts.browsers import described
from apps.accounts.models import ApiKey, Grant, Role, ServiceAccount, Session, User
from apps.accounts.presenting import session_of
from apps.audit.models import AuditEntry
from apps.configuration.models import Change, PlannedChange
from apps.configuration.registry import LEVELS, Level, Merge
from apps.core.api import serializers
from apps.core.api.moments import MomentField
from apps.core.models import Job
from apps.keys.models import DataKey
from apps.keys.services import ROTATED


class PermissionsField(serializers.ListField):
    """Texts ``resource:scope:action``."""

    child = serializers.CharField(max_length=120)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)


class SessionSerializer(serializers.ModelSerializer[Session]):
    device = serializers.SerializerMethodField(help_text="Browser and system in words, as far as they are known.")
    is_current = serializers.SerializerMethodField(help_text="Whether this request came with it.")

    class Meta:
        model = Session
        fields = ("id", "device", "user_agent", "network", "began_at", "last_used_at", "is_current")
        read_only_fields = fields

    def get_device(self, session: Session) -> str:
        return described(session.user_agent)

    def get_is_current(self, session: Session) -> bool:
        return session.pk == session_of(self.context["request"])


class ServiceAccountSerializer(serializers.ModelSerializer[ServiceAccount]):
    name = serializers.CharField(max_length=200)
    owner = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.people(), help_text="Who answers for it; it is closed with that person's account."
    )

    class Meta:
        model = ServiceAccount
        fields = ("id", "name", "owner", "is_active", "created_at")
        read_only_fields = ("id", "is_active", "created_at")


class RoleSerializer(serializers.ModelSerializer[Role]):
    permissions = PermissionsField()
    parents = serializers.PrimaryKeyRelatedField(
        queryset=Role.objects.all(), many=True, required=False, help_text="The roles that it builds on."
    )
    inherited = serializers.SerializerMethodField(help_text="The permissions that it has from these, besides its own.")

    class Meta:
        model = Role
        fields = ("id", "code", "name", "permissions", "parents", "inherited", "is_system")
        read_only_fields = ("id", "is_system")
        extra_kwargs: dict[str, Any] = {"code": {"validators": []}}

    def get_inherited(self, role: Role) -> list[str]:
        found: dict[Any, list[str]] | None = self.context.get("inherited")
        if found is None:  # asked once for all that is shown together
            shown: Any = self.parent.instance if self.parent else [role]
            found = self.context["inherited"] = lineage.inherited_by(shown)
        if role.pk not in found:  # an export, which shows one after the other
            found.update(lineage.inherited_by(Role.objects.all()))
        return found[role.pk]

    def validate_code(self, code: str) -> str:
        if self.instance is not None and code != self.instance.code:
            raise serializers.ValidationError("A role keeps its code.")
        return str(serializers.SlugField(max_length=60).run_validation(code))


class GrantSerializer(serializers.ModelSerializer[Grant]):
    role_code = serializers.CharField(source="role.code", read_only=True)

    denies = serializers.BooleanField(
        default=False, help_text="It takes away what the role says, whatever else the account is given."
    )
    delegated = serializers.BooleanField(
        source="is_handed_on",
        default=False,
        help_text="The caller hands it on: it ends after 30 days at most, and holds while the caller has it.",
    )
    valid_from = MomentField(required=False, allow_null=True)
    valid_until = MomentField(required=False, allow_null=True)

    class Meta:
        model = Grant
        fields = (
            "id",
            "user",
            "role",
            "role_code",
            "object_id",
            "denies",
            "delegated",
            "delegator",
            "valid_from",
            "valid_until",
            "granted_at",
            "granted_by",
        )
        read_only_fields = ("id", "delegator", "granted_at", "granted_by")
        validators: list[Any] = []


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    user = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), required=False, help_text="The account that the key acts as; the caller's own."
    )
    permissions = PermissionsField(required=False, help_text="Empty: everything that the account may do.")
    networks = serializers.ListField(
        child=serializers.CharField(max_length=43),
        max_length=50,
        required=False,
        help_text="From where the key opens something, as `192.0.2.0/24`; empty: from everywhere.",
    )
    expires_at = MomentField(required=False, help_text="In 90 days, if not said; in 365 at most.")

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "user",
            "prefix",
            "permissions",
            "networks",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )
        read_only_fields = ("id", "prefix", "created_at", "revoked_at", "last_used_at")


class DataKeySerializer(serializers.ModelSerializer[DataKey]):
    values = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="How many values were under it at `counted_at`; not of signing keys."
    )

    class Meta:
        model = DataKey
        fields = (
            "id",
            "purpose",
            "version",
            "state",
            "provider",
            "values",
            "counted_at",
            "created_at",
            "retired_at",
            "unused_at",
            "destroyed_at",
        )
        read_only_fields = fields


class RotationSerializer(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(ROTATED, default=ROTATED[0].value, help_text="What the key is for.")


class VerificationSerializer(serializers.Serializer[Any]):
    """The latest verification that a custodian of this tenant asked for, and what it found."""

    job = serializers.UUIDField(source="job.pk", read_only=True)
    state = serializers.ChoiceField(Job.State.values, source="job.state", read_only=True)
    progress = serializers.FloatField(source="job.progress", read_only=True)
    created_at = MomentField(source="job.created_at", read_only=True)
    ended_at = MomentField(source="job.ended_at", read_only=True, allow_null=True)
    keys = serializers.IntegerField(read_only=True)
    values = serializers.IntegerField(read_only=True)
    problems = serializers.ListField(child=serializers.CharField(), read_only=True)
    more = serializers.IntegerField(read_only=True)


class NewApiKeySerializer(ApiKeySerializer):
    """A new key with its text, which is shown in this answer alone."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]  # a longer tuple


class KeyRotationSerializer(serializers.Serializer[Any]):
    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=720, default=24, help_text="How long the key of before goes on."
    )


class LevelSerializer(serializers.Serializer[dict[str, Any]]):
    level = serializers.ChoiceField(choices=LEVELS)
    value = serializers.JSONField(help_text="null where it is shown to nobody.")
    by = serializers.CharField(help_text="Who said so: the id of a user, or what kind of work it was.")
    at = serializers.DateTimeField(read_only=True, allow_null=True)
    until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it ends, of what holds for a time."
    )
    locked = serializers.BooleanField(help_text="Levels below cannot say otherwise.")
    problem = serializers.CharField(help_text="Why it counts for nothing; empty where it counts.")
    in_force = serializers.BooleanField(help_text="It has the last word.")


class SettingSerializer(serializers.Serializer[dict[str, Any]]):
    key = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]  # the framework takes fields off the class
    about = serializers.CharField(read_only=True)
    schema = serializers.JSONField(read_only=True, help_text="JSON Schema of the value.")
    owner = serializers.CharField(read_only=True, help_text="The part of the product that reads it.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=LEVELS), read_only=True)
    merge = serializers.ChoiceField(
        choices=list(Merge), read_only=True, help_text="lowest, highest: who is below may only tighten it."
    )
    sensitive = serializers.BooleanField(read_only=True)
    restart = serializers.BooleanField(read_only=True, help_text="A change is seen after a restart.")
    needs_two = serializers.BooleanField(read_only=True, help_text="A change waits for a second administrator.")
    value = serializers.JSONField(help_text="The value in force.")
    layer = serializers.ChoiceField(choices=LEVELS, read_only=True, help_text="Where the value in force is said.")
    who = serializers.CharField(read_only=True)
    when = serializers.DateTimeField(read_only=True, allow_null=True)
    levels = LevelSerializer(many=True, read_only=True)


class SettingChangeSerializer(SettingSerializer):
    """A change; a setting as it was read may be sent back with another value."""

    scope = serializers.ChoiceField(
        choices=[Level.TENANT, Level.USER, Level.RUNTIME], default=Level.TENANT, write_only=True
    )
    until = MomentField(required=False, write_only=True, help_text="When it ends, of what holds for a time.")
    locked = serializers.BooleanField(required=False, write_only=True, help_text="As it is, unless it is said.")
    reason = serializers.CharField(default="", allow_blank=True, max_length=200, write_only=True)
    starts_at = MomentField(required=False, write_only=True)
    dry_run = serializers.BooleanField(
        default=False, write_only=True, help_text="Say what would be, and change nothing."
    )


class SettingFactsSerializer(serializers.Serializer[dict[str, Any]]):
    value = serializers.JSONField()
    locked = serializers.BooleanField()
    until = serializers.DateTimeField(read_only=True, allow_null=True)


class SettingHistorySerializer(serializers.ModelSerializer[Change]):
    """One change: what was set before and after; null where nothing was."""

    layer = serializers.ChoiceField(source="level", choices=LEVELS, read_only=True)
    old = SettingFactsSerializer(allow_null=True, read_only=True)
    new = SettingFactsSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Change
        fields = ("id", "version", "key", "layer", "user", "old", "new", "reason", "changed_at", "changed_by")
        read_only_fields = fields


class SettingRollbackSerializer(serializers.Serializer[dict[str, Any]]):
    to_version = serializers.IntegerField(min_value=0, max_value=2**53)
    reason = serializers.CharField(default="", allow_blank=True, max_length=200)
    dry_run = serializers.BooleanField(default=False, help_text="Say what would change, and change nothing.")


class SettingDifferenceSerializer(serializers.Serializer[dict[str, Any]]):
    key = serializers.CharField()
    old = SettingFactsSerializer(allow_null=True)
    new = SettingFactsSerializer(allow_null=True)


class SettingDifferencesSerializer(serializers.Serializer[dict[str, Any]]):
    """What a rollback changes."""

    version = serializers.IntegerField(help_text="The version that it made, or the present one.")
    changes = SettingDifferenceSerializer(many=True)


class PlannedChangeSerializer(serializers.ModelSerializer[PlannedChange]):
    """A change that waits for its time or for a second administrator, or did."""

    layer = serializers.ChoiceField(source="level", choices=LEVELS, read_only=True)
    new = SettingFactsSerializer(allow_null=True, read_only=True)

    class Meta:
        model = PlannedChange
        fields = (
            "id",
            "key",
            "layer",
            "user",
            "new",
            "reason",
            "state",
            "starts_at",
            "asked_at",
            "asked_by",
            "decided_at",
            "decided_by",
            "problem",
        )
        read_only_fields = fields


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
