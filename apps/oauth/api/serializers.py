from apps.core.api import serializers
from apps.oauth.models import MOST_SCOPES, Application


class ApplicationSerializer(serializers.ModelSerializer[Application]):
    name = serializers.NameField(max_length=120)
    client_type = serializers.ChoiceField(
        Application.Kind.choices, source="kind", required=False, help_text="It stays. A confidential one has a secret."
    )
    redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=500),
        max_length=20,
        help_text="Where people are led back to, compared letter by letter: `https://…`, or `http://127.0.0.1:PORT/…`.",
    )
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=120),
        max_length=MOST_SCOPES,
        help_text="The most that it may ask for, as permissions `resource:scope:action`.",
    )

    class Meta:
        model = Application
        fields = ("id", "name", "client_type", "redirect_uris", "scopes", "created_at", "ended_at")
        read_only_fields = ("id", "created_at", "ended_at")

    def validate_client_type(self, kind: str) -> str:
        if self.instance is not None and kind != self.instance.kind:
            raise serializers.ValidationError("An application stays public or confidential.")
        return kind


class NewApplicationSerializer(ApplicationSerializer):
    """An application with its new secret, which is shown in this answer alone; a public one has an empty one."""

    secret = serializers.CharField(read_only=True)

    class Meta(ApplicationSerializer.Meta):
        fields = (*ApplicationSerializer.Meta.fields, "secret")  # type: ignore[assignment]  # a longer tuple
