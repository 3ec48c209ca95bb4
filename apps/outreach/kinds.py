"""The kinds of personal link there are. Each app declares its own in its module ``links``::

    LINKS = declare(Participation, "campaigns", route="campaigns:respond", rows=..., ...)

The name is part of every token, so it stays as it is once links were sent.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from apps.notifications.kinds import Kind
from apps.notifications.services import renewed
from apps.outreach.links import H, PersonalLinks, register
from apps.outreach.services import present_drafts


def declare(
    holder: type[H],
    name: str,
    *,
    route: str,
    rows: Callable[[], QuerySet[H]],
    invitation: Kind,
    reminder: Kind,
    facts: Callable[[Any], dict[str, Any]],
    others: tuple[Kind, ...] = (),
) -> PersonalLinks[H]:
    """Give the people of a round links of a kind of their own, and say what they are written.

    One more kind of message that carries the link is one of ``others``, sent by ``outreach.write``.
    """
    links = register(holder, PersonalLinks(name, route, rows, invitation, reminder, facts, others))
    renewed(*links.messages)(present_drafts)
    return links
