"""From a kind of message and its facts to a subject and a text, in the recipient's language.

The templates ``<texts of the kind>.subject.txt`` and ``….body.txt`` are plain text: nothing in them is escaped.
"""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from apps.configuration import zones
from apps.notifications.kinds import Kind

LONGEST_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    body: str


def render(kind: Kind, facts: dict[str, Any], language: str) -> Rendered:
    with translation.override(language), timezone.override(zones.of_tenant()):
        subject = render_to_string(f"{kind.texts}.subject.txt", facts)
        body = render_to_string(f"{kind.texts}.body.txt", facts)
    return Rendered(" ".join(subject.split())[:LONGEST_SUBJECT], body.strip() + "\n")
