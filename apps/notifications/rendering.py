"""From a kind of message and its facts to a subject and a text, in the recipient's language.

A channel says which texts there are and how the names of their templates end. They are plain text: what is to be
escaped for a channel is escaped in its templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from apps.configuration import zones
from apps.notifications.kinds import Kind

LONGEST_SUBJECT = 300
#: By which the mailbox of a development installation tells whose a message is.
TENANT_HEADER = "X-Resimate-Tenant"


@dataclass(frozen=True, slots=True)
class Rendered:
    """The texts of a message; a channel without subjects leaves it empty."""

    body: str
    subject: str = ""


def render(kind: Kind, texts: Mapping[str, str], facts: dict[str, Any], language: str, time_zone: str = "") -> Rendered:
    """Fill the templates of a kind; ``texts`` are the channel's: by text, how its template ends.

    Times are told in this zone; in the tenant's without one.
    """
    with translation.override(language), timezone.override(zones.named(time_zone)):
        said = {text: render_to_string(f"{kind.texts}.{ending}", facts) for text, ending in texts.items()}
    return Rendered(said["body"].strip() + "\n", " ".join(said.get("subject", "").split())[:LONGEST_SUBJECT])
