"""From a draft to a score: open, invite by e-mail, follow the link, answer, send, and look at the results."""

from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, Clock, Post, deliver_everything, link_in, others_send


@pytest.mark.requirement("CAMP-001", "CAMP-002")
def test_an_invitation_leads_to_a_score(
    draft: Campaign, staff: Client, visitor: Client, clock: Clock, post: Post
) -> None:
    opened = staff.post(f"/campaigns/{draft.pk}/open/", follow=True)
    assert "The campaign is open." in opened.content.decode()
    deliver_everything(clock)
    link = link_in(post.to(BO)[0])

    landing = visitor.get(link)
    assert landing.status_code == 200, landing.content.decode()
    for section, answers in {
        "people": {"q-P1": "3", "q-P2": "2"},
        "plans": {"q-S1": "80", "q-S2": "true", "c-S1": "Only the big ones"},
        "means": {"q-M1.0": "1"},
    }.items():
        shown = visitor.get(f"{link}sections/{section}/")
        assert shown.status_code == 200
        saved = visitor.post(f"{link}sections/{section}/", answers)
        assert saved.status_code == 302, saved.content.decode()
    sent = visitor.post(f"{link}check/", follow=True)
    assert "Your answers have been sent" in sent.content.decode()
    given = {"P1": 3, "P2": 2, "S1": 80, "S2": True, "M1": ["plan"]}
    others_send(Campaign.objects.get(pk=draft.pk), 9, given, clock.moment)
    deliver_everything(clock)

    results: Any = staff.get(f"/campaigns/{draft.pk}/results/")
    page = results.content.decode()
    # People: (1 + 0.5) / 2; plans: (0.8 + 1) / 2; means: one of two
    assert results.context["results"].run.score == pytest.approx((75 + 90 + 50) / 3)
    assert "71.7" in page
    assert "Based on 5 of 10 answers" in page
