"""Rounds and people outside in the API: what is said of one, and the address of their personal link."""

from dataclasses import fields
from typing import Any, ClassVar, TypeVar

from django.conf import settings

from apps.core.api import serializers
from apps.outreach.contacts import Contact
from apps.outreach.models import LONGEST_INTRODUCTION

P = TypeVar("P")


class RoundSerializer(serializers.ModelSerializer[P]):
    """A round: whose it is, and how far, follow from what is done with it and are never set."""

    class Meta:
        read_only_fields: tuple[str, ...] = ("id", "status", "owner", "created_at", "opened_at", "closed_at")
        extra_kwargs: ClassVar[dict[str, Any]] = {"introduction": {"max_length": LONGEST_INTRODUCTION}}


class PersonSerializer(serializers.ErasableSerializer[P]):
    name = serializers.NameField(max_length=200)
    email = serializers.EmailField(max_length=254)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default="en")


class PersonalLinkSerializer(serializers.Serializer[Any]):
    link = serializers.CharField(help_text="The personal link. That it was shown is on record.")


def contact_of(data: dict[str, Any]) -> Contact:
    """The contact in a validated body."""
    known = {field.name for field in fields(Contact)}
    return Contact(**{name: value for name, value in data.items() if name in known})
