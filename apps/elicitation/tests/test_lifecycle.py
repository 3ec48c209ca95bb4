"""From the draft elicitation to the draft's document."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid, Refused
from apps.elicitation import links, services
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.reading import results_of
from apps.elicitation.services import ElicitationNotReady, NobodyToRemind, NodesChanged, NothingToSend
from apps.elicitation.tests.story import (
    BO,
    CY,
    DOCUMENT,
    OTHER_POINTS,
    POINTS,
    STEADY,
    TORN,
    changed,
    expert,
    judge,
    values,
)
from apps.models.models import ModelVersion
from apps.models.services import delete_model, parsed, publish_version, update_draft
from apps.models.services.versions import ModelInUse, VersionNotDraft
from apps.notifications.about import About
from apps.notifications.models import Message
from apps.outreach.acquaintances import KnownByAnotherName
from apps.outreach.contacts import Contact

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")


def close(elicitation: WeightElicitation, now: Any) -> WeightElicitation:
    return services.close_elicitation(elicitation, acting_user=None, now=now)


def test_nobody_hears_of_a_draft_and_everybody_of_an_open_one(make: Any, ana: User, now: Any) -> None:
    elicitation = make("budget_allocation")
    assert not Message.objects.exists()

    services.open_elicitation(elicitation, acting_user=ana, now=now)

    bo, cy = Message.objects.order_by("pk")
    assert (bo.address, cy.address) == (BO.email, CY.email)
    assert links.url_for(expert(elicitation, BO)) in bo.body
    assert "Hello Bo Berg" in bo.body
    assert cy.language == "de"
    assert not elicitation.experts.filter(invited_at=None).exists()
    assert AuditEntry.objects.filter(action="elicitation.opened", actor=str(ana.pk)).exists()


def test_names_and_addresses_are_not_in_the_tables(budget: WeightElicitation) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, email FROM elicitation_expert")
        stored = b"".join(bytes(cell) for row in cursor.fetchall() for cell in row)

    assert b"Bo Berg" not in stored
    assert b"example.org" not in stored


def test_who_has_judged_on_paper_is_not_written_to(make: Any, ana: User, now: Any) -> None:
    elicitation = make("budget_allocation")
    judge(elicitation, BO, POINTS, now)

    services.open_elicitation(elicitation, acting_user=ana, now=now)

    assert [one.address for one in Message.objects.all()] == [CY.email]


def test_newcomers_of_an_open_elicitation_are_written_to_once(budget: WeightElicitation, ana: User, now: Any) -> None:
    for _ in range(2):
        services.add_experts(
            budget, [Contact("Di", "di@example.org"), Contact("Bo Berg", "BO@example.org")], acting_user=ana, now=now
        )

    assert budget.experts.count() == 3
    invited = Message.objects.about(About.of(budget)).filter(purpose="invitation", occasion="1")
    assert {one.recipient_id for one in invited} == {one.pk for one in budget.experts.all()}
    assert Message.objects.count() == 3


@pytest.mark.parametrize(
    ("method", "nodes", "pointer"),
    [
        ("ahp", [], "/nodes"),
        ("ahp", ["nowhere"], "/nodes/0"),
        ("ahp", ["all", "people"], "/nodes/1"),
        ("ahp", ["all", "all"], "/nodes/1"),
    ],
)
def test_what_cannot_be_asked_is_pointed_at(
    draft: ModelVersion, now: Any, method: str, nodes: list[str], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_elicitation(name="x", version=draft, method=method, nodes=nodes, acting_user=None, now=now)

    assert [one.pointer for one in refused.value.errors] == [pointer]
    assert not WeightElicitation.objects.exists()


def test_a_published_version_is_not_asked_about(draft: ModelVersion, now: Any) -> None:
    publish_version(draft, acting_user=None, now=now)
    draft.refresh_from_db()

    with pytest.raises(VersionNotDraft):
        services.create_elicitation(name="x", version=draft, method="ahp", nodes=["all"], acting_user=None, now=now)


def test_what_is_saved_with_gaps_does_not_count_before_it_is_sent(budget: WeightElicitation, now: Any) -> None:
    bo = expert(budget, BO)
    whole, plans = budget.asked
    services.save_judgement(bo, whole, {"points": {"people": 60}}, seen=None, now=now)
    with pytest.raises(NothingToSend) as refused:
        services.send_judgements(bo, now=now)
    assert [one.pointer for one in refused.value.errors] == ["/all"]
    assert [report.combined for report in results_of(budget)] == [None, None]

    services.save_judgement(bo, whole, {"points": POINTS["all"]}, seen=None, now=now)
    services.send_judgements(bo, now=now)
    services.save_judgement(bo, whole, {"points": {"people": 1}}, seen=None, now=now)
    services.save_judgement(bo, plans, {"points": {}}, seen=None, now=now)

    counted = Judgement.objects.get(expert=bo, node="all")
    assert counted.sent == {"points": POINTS["all"]}
    assert results_of(budget)[0].judged[0].weights["people"] == POINTS["all"]["people"] / 100
    assert results_of(budget)[1].judged == ()


def test_a_reminder_goes_to_the_silent_once_a_day(budget: WeightElicitation, ana: User, now: Any) -> None:
    judge(budget, BO, POINTS, now)

    assert services.remind(budget, acting_user=ana, now=now) == 1
    with pytest.raises(NobodyToRemind):
        services.remind(budget, acting_user=ana, now=now)
    assert services.remind(budget, acting_user=ana, now=now + timedelta(days=1)) == 1

    assert {one.address for one in Message.objects.filter(kind="elicitation_reminder")} == {CY.email}


def test_a_closed_elicitation_takes_nothing_more(budget: WeightElicitation, now: Any) -> None:
    bo = expert(budget, BO)
    services.save_judgement(bo, budget.asked[0], {"points": POINTS["all"]}, seen=None, now=now)
    close(budget, now)

    for late in (
        lambda: services.send_judgements(bo, now=now),
        lambda: judge(budget, BO, POINTS, now),
        lambda: services.add_experts(budget, [Contact("Di", "di@example.org")], acting_user=None, now=now),
        lambda: services.renew_link(bo, acting_user=None, now=now),
        lambda: services.remind(budget, acting_user=None, now=now),
        lambda: close(budget, now),
    ):
        with pytest.raises(ElicitationNotReady):
            late()
    assert not Message.objects.filter(state=Message.State.QUEUED).exists()


@pytest.mark.parametrize(
    ("method", "given", "key"),
    [("budget_allocation", (POINTS, OTHER_POINTS), "allocations"), ("ahp", (STEADY, TORN), "matrices")],
)
def test_applied_judgements_stand_in_the_document_without_names_and_weigh_as_reported(
    make: Any, draft: ModelVersion, ana: User, now: Any, method: str, given: Any, key: str
) -> None:
    elicitation = services.open_elicitation(make(method), acting_user=ana, now=now)
    for contact, one in zip((BO, CY), given, strict=True):
        judge(elicitation, contact, one, now)
    close(elicitation, now)

    applied = services.apply_weights(elicitation, acting_user=ana, now=now)

    draft.refresh_from_db()
    assert applied.applied_at == now
    assert draft.state == ModelVersion.State.DRAFT
    assert set(draft.document["weights"]) == {"all", "plans"}
    assert len(draft.document["weights"]["all"][key]) == 2
    assert {**draft.document, "weights": None} == {**DOCUMENT, "weights": None}
    assert "Bo" not in str(draft.document["weights"])
    model = parsed(draft)
    for report in results_of(elicitation):
        children = model.nodes[report.node.code].children
        assert report.combined is not None
        assert model.weights[report.node.code](children, [()] * len(children)) == list(report.combined.weights)
    entry = AuditEntry.objects.get(action="elicitation.applied")
    assert entry.details["digest"] == draft.digest


def test_weights_of_other_nodes_stay(make: Any, draft: ModelVersion, ana: User, now: Any) -> None:
    before = {"plans": {"method": "rank_sum", "ranks": [1, 2]}}
    update_draft(draft, {**DOCUMENT, "weights": before}, acting_user=ana, now=now)
    elicitation = services.open_elicitation(make("budget_allocation"), acting_user=ana, now=now)
    judge(elicitation, BO, {"all": POINTS["all"]}, now)

    services.apply_weights(close(elicitation, now), acting_user=ana, now=now)

    draft.refresh_from_db()
    assert draft.document["weights"]["plans"] == before["plans"]
    assert draft.document["weights"]["all"]["method"] == "budget_allocation"


def test_another_order_of_the_parts_is_followed(make: Any, draft: ModelVersion, ana: User, now: Any) -> None:
    elicitation = services.open_elicitation(make("ahp", ("all",)), acting_user=ana, now=now)
    judge(elicitation, BO, {"all": STEADY["all"]}, now)
    root = DOCUMENT["root"]
    turned = {**DOCUMENT, "root": {**root, "children": list(reversed(root["children"]))}}
    update_draft(draft, turned, acting_user=ana, now=now)

    services.apply_weights(close(elicitation, now), acting_user=ana, now=now)

    draft.refresh_from_db()
    model = parsed(draft)
    weights = model.weights["all"](model.root.children, [()] * 3)
    [report] = results_of(elicitation)
    assert weights == pytest.approx([report.judged[0].weights[code] for code in ("means", "plans", "people")])


def test_changed_nodes_are_named_and_nothing_is_lost(
    budget: WeightElicitation, draft: ModelVersion, ana: User, now: Any
) -> None:
    judge(budget, BO, POINTS, now)
    close(budget, now)
    update_draft(draft, changed(), acting_user=ana, now=now)

    with pytest.raises(NodesChanged) as refused:
        services.apply_weights(budget, acting_user=ana, now=now)

    assert [(one.pointer, one.detail) for one in refused.value.errors] == [
        ("/nodes/0", "all has lost means."),
        ("/nodes/1", "plans has gained cover."),
    ]
    draft.refresh_from_db()
    assert draft.document == changed()
    assert Judgement.objects.filter(sent__isnull=False).count() == 2


@pytest.mark.parametrize("moment", ["open", "published", "unjudged"])
def test_what_cannot_be_applied_is_refused(
    budget: WeightElicitation, draft: ModelVersion, now: Any, moment: str
) -> None:
    expected: type[Refused] = ElicitationNotReady
    if moment != "unjudged":
        judge(budget, BO, POINTS, now)
    if moment != "open":
        close(budget, now)
    if moment == "published":
        publish_version(draft, acting_user=None, now=now)
        expected = VersionNotDraft

    with pytest.raises(expected):
        services.apply_weights(budget, acting_user=None, now=now)

    draft.refresh_from_db()
    assert draft.document == DOCUMENT


def test_a_draft_is_changed_until_somebody_has_judged(make: Any, ana: User, now: Any) -> None:
    elicitation = make("budget_allocation")
    asks_other = services.change_elicitation(elicitation, {"nodes": ["plans"]}, acting_user=ana, now=now)
    assert [node.code for node in asks_other.asked] == ["plans"]
    judge(elicitation, BO, {"plans": POINTS["plans"]}, now)

    day = date(2030, 1, 1)
    assert services.change_elicitation(elicitation, {"answer_by": day}, acting_user=ana, now=now).answer_by == day
    with pytest.raises(ElicitationNotReady):
        services.change_elicitation(elicitation, {"method": "ahp"}, acting_user=ana, now=now)


def test_a_model_that_experts_judged_is_not_deleted_under_them(
    budget: WeightElicitation, draft: ModelVersion, now: Any
) -> None:
    with pytest.raises(ModelInUse):
        delete_model(draft.model, acting_user=None, now=now)
    with pytest.raises(ElicitationNotReady):
        services.delete_elicitation(budget, acting_user=None, now=now)
    assert Expert.objects.count() == 2

    services.delete_elicitation(close(budget, now), acting_user=None, now=now)
    delete_model(draft.model, acting_user=None, now=now)
    assert not Expert.objects.exists()


def test_what_an_expert_sent_stays(budget: WeightElicitation, now: Any) -> None:
    bo, cy = judge(budget, BO, POINTS, now), expert(budget, CY)

    with pytest.raises(services.experts.ExpertHasJudged):
        services.delete_expert(bo, acting_user=None, now=now)
    services.revoke_link(bo, acting_user=None, now=now)
    services.delete_expert(cy, acting_user=None, now=now)

    assert [report.judged[0].value for report in results_of(budget)] == list(values(POINTS).values())


def test_adding_an_expert_who_is_known_by_another_name_is_refused(
    budget: WeightElicitation, ana: User, now: Any
) -> None:
    with pytest.raises(KnownByAnotherName, match=r"bo@exam.ple.org is known as Bo Berg, not as Bob\.$"):
        services.add_experts(budget, [Contact("Bob", "bo@exam\u00adple.org")], acting_user=ana, now=now)
