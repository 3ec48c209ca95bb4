from typing import Any

from django.conf import settings

from apps.accounts.api.fields import FieldsByRight
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.scopes import SEES_NAMES
from apps.campaigns.services import Contact
from apps.core.api import serializers
from apps.core.api.moments import MomentField
from apps.core.api.raw_lists import Rows
from apps.models.api.visible import VisibleReferenceSetField, VisibleSubjectField, VisibleVersionField
from apps.models.models import ModelVersion, ReferenceSet, Subject
from apps.notifications.channels.base import CHANNELS
from apps.notifications.models import Message
from apps.outreach.api import PersonalLinkSerializer, PersonSerializer, RoundSerializer, contact_of


class CampaignSerializer(Rows, RoundSerializer[Campaign]):
    """A campaign. How far it is stands under ``progress/``, so that its ETag says whether it was changed."""

    version = VisibleVersionField(queryset=ModelVersion.objects.none(), help_text="A published version.")
    subject = VisibleSubjectField(queryset=Subject.objects.none())
    reference_set = VisibleReferenceSetField(
        queryset=ReferenceSet.objects.none(),
        required=False,
        allow_null=True,
        help_text="What a relative model compares with: a reference set of the version.",
    )

    closes_at = MomentField()

    class Meta(RoundSerializer.Meta):
        model = Campaign
        fields = (
            *("id", "name", "introduction", "version", "subject", "reference_set", "period", "status"),
            *("assessment", "owner", "created_at", "opened_at", "closes_at", "closed_at"),
        )
        read_only_fields = (*RoundSerializer.Meta.read_only_fields, "assessment")


class ExtensionSerializer(serializers.Serializer[Campaign]):
    closes_at = MomentField(help_text="Later than the present closing date.")


class RemindedSerializer(serializers.Serializer[Campaign]):
    reminded = serializers.IntegerField(help_text="How many people are reminded.")


class GroupProgressSerializer(serializers.Serializer[Any]):
    group = serializers.CharField()
    people = serializers.IntegerField()
    invited = serializers.IntegerField()
    opened = serializers.IntegerField()
    started = serializers.IntegerField()
    submitted = serializers.IntegerField()


class ProgressSerializer(serializers.Serializer[Any]):
    """How many people are how far, altogether and by group; withdrawn links are left out."""

    people = serializers.IntegerField()
    invited = serializers.IntegerField()
    opened = serializers.IntegerField()
    started = serializers.IntegerField()
    submitted = serializers.IntegerField()
    groups = GroupProgressSerializer(many=True)
    unweighed_groups = serializers.ListField(
        child=serializers.CharField(), help_text="Groups whose answers do not count: the model weighs other ones."
    )


class StakeholderSerializer(PersonSerializer[Stakeholder]):
    """A contact. Name and e-mail address are encrypted at rest."""

    class Meta:
        model = Stakeholder
        fields = ("id", "name", "email", "group", "language", "user", "created_at", "erased")
        read_only_fields = ("id", "user", "created_at")

    def contact(self) -> Contact:
        return contact_of(self.validated_data)


class NewParticipationSerializer(serializers.Serializer[Participation]):
    """Who is to take part: a stakeholder by id, or a contact, who becomes a stakeholder when they are none yet."""

    stakeholder = serializers.UUIDField(required=False)
    name = serializers.NameField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)
    group = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default="en")
    rename = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Give somebody who is known by another name or group this one, in every campaign.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_contact = "name" in attrs and "email" in attrs
        if by_contact == ("stakeholder" in attrs):
            raise serializers.ValidationError("Send the id of a stakeholder, or a name and an e-mail address.")
        return attrs


class ParticipationSerializer(FieldsByRight[Participation]):
    """One stakeholder's part: whether they have answered, and no moment that could be matched with answers.

    Who somebody is, is for those who may see stakeholders; that they take part, for who runs the campaign.
    """

    name = serializers.CharField(source="stakeholder.name", read_only=True)
    email = serializers.EmailField(source="stakeholder.email", read_only=True)
    group = serializers.CharField(source="stakeholder.group", read_only=True)
    answered = serializers.SerializerMethodField(help_text="Whether the answers were sent.")

    class Meta:
        model = Participation
        fields = (
            "id",
            "stakeholder",
            "name",
            "email",
            "group",
            "invited_at",
            "opened_at",
            "answered",
            "revoked_at",
        )
        read_only_fields = fields
        takes = dict.fromkeys(("name", "email"), SEES_NAMES)

    def get_answered(self, participation: Participation) -> bool:
        return participation.response is not None and participation.response.submitted_at is not None


class LinkSerializer(PersonalLinkSerializer):
    pass


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message that was sent, or waits; its text may hold a personal link and stays inside."""

    channel = serializers.ChoiceField(choices=[(one.name, one.label) for one in CHANNELS.values()], read_only=True)
    address = serializers.CharField(read_only=True)

    class Meta:
        model = Message
        fields = (
            "id",
            "channel",
            "kind",
            "address",
            "subject",
            "language",
            "state",
            "attempts",
            "last_error",
            "due_at",
            "created_at",
            "sent_at",
        )
        read_only_fields = fields
