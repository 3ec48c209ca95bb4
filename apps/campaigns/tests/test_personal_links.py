"""Personal links: true ones open, all others say what to do and nothing else."""

import base64
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.campaigns import links, services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, CY, Clock, Post, deliver_everything, link_in, part_of, path_of
from apps.configuration import services as configuration
from apps.configuration import throttling
from apps.models.tests.sheets import stored_answers
from apps.outreach.links import LinkState

pytestmark = pytest.mark.requirement("CAMP-001")

PAGES = ("", "sections/people/", "check/", "done/")
SECRETS = ("Spring check", "Harbour", "Bo Berg", "bo@example.org", "We want to be ready")


def tell_tale(content: bytes) -> list[str]:
    return [secret for secret in SECRETS if secret in content.decode()]


def test_a_token_is_short_random_looking_and_always_the_same(campaign: Campaign) -> None:
    bo, cy = part_of(campaign, BO), part_of(campaign, CY)

    assert links.token_for(bo) == links.token_for(bo)
    assert links.token_for(bo) != links.token_for(cy)
    assert len(links.token_for(bo)) == 43


@pytest.mark.parametrize("page", PAGES)
def test_a_changed_token_is_unknown(bos_link: str, visitor: Client, page: str) -> None:
    token = bos_link.split("/")[2]
    swapped = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]

    response = visitor.get(f"/a/{swapped}/{page}")

    assert response.status_code == 404
    assert tell_tale(response.content) == []


def test_every_single_bit_of_the_token_counts(campaign: Campaign, clock: Clock) -> None:
    sealed = base64.urlsafe_b64decode(links.token_for(part_of(campaign, BO)) + "=")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << (bit % 8)
        token = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        assert links.find(token, now=clock.moment).state is LinkState.UNKNOWN, bit


@pytest.mark.parametrize(
    "token", ["x", "A" * 43, "A" * 42, "A" * 44, "-" * 43, "é" * 43, "../" * 10, "%00" * 5, "A" * 5000]
)
def test_nonsense_is_unknown(acme: Any, clock: Clock, visitor: Client, token: str) -> None:
    response = visitor.get(f"/a/{token}/")

    assert response.status_code == 404


def test_another_spelling_of_a_true_token_is_unknown(campaign: Campaign, clock: Clock) -> None:
    """The last character has two bits that decoding ignores."""
    token = links.token_for(part_of(campaign, BO))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = alphabet.index(token[-1])

    assert links.find(token[:-1] + alphabet[place + 1], now=clock.moment).state is LinkState.UNKNOWN


def test_the_answer_for_unknown_people_and_wrong_seals_is_the_same(campaign: Campaign, visitor: Client) -> None:
    sealed = base64.urlsafe_b64decode(links.token_for(part_of(campaign, BO)) + "=")
    wrong_seal = base64.urlsafe_b64encode(sealed[:16] + bytes(16)).decode().rstrip("=")
    nobody = base64.urlsafe_b64encode(uuid4().bytes + bytes(16)).decode().rstrip("=")

    first, second = visitor.get(f"/a/{wrong_seal}/"), visitor.get(f"/a/{nobody}/")

    assert first.status_code == second.status_code == 404
    assert first.content.replace(wrong_seal.encode(), b"") == second.content.replace(nobody.encode(), b"")


@pytest.mark.parametrize("page", PAGES)
def test_a_withdrawn_link_is_gone(campaign: Campaign, ada: User, clock: Clock, visitor: Client, page: str) -> None:
    bo = part_of(campaign, BO)
    services.revoke_link(bo, acting_user=ada, now=clock.moment)

    response = visitor.get(path_of(bo) + page)

    assert response.status_code == 410
    assert "no longer valid" in response.content.decode()
    assert tell_tale(response.content) == []


def test_a_renewed_link_replaces_the_old_one_and_is_sent(
    campaign: Campaign, ada: User, clock: Clock, visitor: Client, post: Post
) -> None:
    deliver_everything(clock)
    bo = part_of(campaign, BO)
    old = path_of(bo)
    new = path_of(services.renew_link(bo, acting_user=ada, now=clock.moment))
    deliver_everything(clock)

    assert new != old
    assert visitor.get(old).status_code == 410
    assert visitor.get(new).status_code == 200
    assert link_in(post.to(BO)[-1]) == new


@pytest.mark.parametrize("ended_by", [services.revoke_link, services.renew_link])
def test_what_waits_with_a_dead_link_is_not_sent(
    campaign: Campaign, ada: User, clock: Clock, post: Post, ended_by: Any
) -> None:
    services.invite_next_batch(campaign.pk, now=clock.moment)
    bo = part_of(campaign, BO)
    old = path_of(bo)
    ended_by(bo, acting_user=ada, now=clock.moment)
    deliver_everything(clock)

    assert old not in {link_in(mail) for mail in post.to(BO)}
    assert len(post.to(CY)) == 1


def test_who_gets_a_new_link_before_the_invitation_is_invited_by_it(
    campaign: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    services.renew_link(part_of(campaign, BO), acting_user=ada, now=clock.moment)

    assert part_of(campaign, BO).invited_at == clock.moment
    deliver_everything(clock)
    assert len(post.to(BO)) == 1


def test_renewing_lets_a_withdrawn_person_in_again(
    campaign: Campaign, ada: User, clock: Clock, visitor: Client
) -> None:
    bo = services.revoke_link(part_of(campaign, BO), acting_user=ada, now=clock.moment)

    renewed = services.renew_link(bo, acting_user=ada, now=clock.moment)

    assert visitor.get(path_of(renewed)).status_code == 200
    assert visitor.get(path_of(part_of(campaign, CY))).status_code == 200


def test_a_draft_campaigns_links_lead_nowhere(draft: Campaign, visitor: Client) -> None:
    response = visitor.get(path_of(part_of(draft, BO)))

    assert response.status_code == 404
    assert tell_tale(response.content) == []


@pytest.mark.parametrize("how", ["closed", "time is up"])
def test_a_closed_campaign_takes_no_answers(
    campaign: Campaign, bos_link: str, ada: User, clock: Clock, visitor: Client, how: str
) -> None:
    if how == "closed":
        services.close_campaign(campaign, acting_user=ada, now=clock.moment)
    else:
        clock.moment = campaign.closes_at

    page = visitor.get(bos_link)
    saved = visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})
    at_once = visitor.post(f"{bos_link}answers/P1/", {"q-P1": "3"}, headers={"HX-Request": "true"})

    assert (page.status_code, saved.status_code) == (410, 410)
    assert "This campaign is closed" in page.content.decode()
    assert tell_tale(page.content) == []
    assert at_once["HX-Refresh"] == "true"
    assert not stored_answers()


def test_a_link_of_one_tenant_is_unknown_in_another(bos_link: str, beta: Any, acme: Any, clock: Clock) -> None:
    with tenant_context(beta):
        response = Client().get(bos_link, headers={"host": "beta.localhost"})

    assert response.status_code == 404
    assert tell_tale(response.content) == []


def test_the_seal_of_one_tenant_does_not_fit_in_another(campaign: Campaign, beta: Any, clock: Clock) -> None:
    bo = part_of(campaign, BO)
    here = links.token_for(bo)

    with tenant_context(beta):
        assert links.token_for(bo) != here


def test_pages_are_neither_kept_nor_indexed_nor_told_to_others(bos_link: str, visitor: Client) -> None:
    for page in ("", "sections/people/", "check/"):
        response = visitor.get(bos_link + page)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response["X-Robots-Tag"]
        assert not response.cookies
    missing = visitor.get("/a/nothing/")
    assert missing["Cache-Control"] == "no-store"


def test_one_link_is_used_only_so_often(
    bos_link: str, visitor: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Counter[str] = Counter()

    def count(key: str, *, draw: int) -> int:
        counted[key] += draw
        return counted[key]

    monkeypatch.setattr(throttling.COUNTER, "count", count)
    configuration.change("campaign.rate.link", 3, now=clock.moment)

    answers = [visitor.get(bos_link) for _ in range(5)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert tell_tale(answers[-1].content) == []
    assert visitor.get("/a/nothing/").status_code == 404
