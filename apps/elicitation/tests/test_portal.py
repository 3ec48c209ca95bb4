"""The analyst's pages: ask, watch, enter on behalf, apply."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.tests.pages import as_read
from apps.elicitation import services
from apps.elicitation.models import Judgement, WeightElicitation
from apps.elicitation.tests.story import BO, CY, OTHER_POINTS, POINTS, STEADY, TORN, changed, expert, judge
from apps.models.models import ModelVersion
from apps.models.services import publish_version, update_draft

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")


def text(response: Any) -> str:
    return as_read(response.content.decode())


def page_of(version: ModelVersion) -> str:
    return f"/models/{version.model_id}/versions/{version.number}/"


def form(**more: Any) -> dict[str, Any]:
    return {
        "name": "What matters",
        "method": "ahp",
        "nodes": ["all"],
        "experts": "Bo Berg, bo@example.org\nCy Cole, cy@example.org",
        **more,
    }


def test_the_page_of_a_draft_leads_to_experts_and_lists_what_was_asked(
    staff: Client, draft: ModelVersion, make: Any
) -> None:
    empty = text(staff.get(page_of(draft)))
    assert "Nobody has been asked yet" in empty
    assert f"{page_of(draft)}elicitations/new/" in empty

    elicitation = make("ahp")

    listed = text(staff.get(page_of(draft)))
    assert f"/elicitations/{elicitation.pk}/" in listed
    assert "0 of 2 sent" in listed


def test_an_elicitation_is_made_from_the_form(staff: Client, draft: ModelVersion) -> None:
    made = staff.post(f"{page_of(draft)}elicitations/new/", form(), follow=True)

    elicitation = WeightElicitation.objects.get()
    assert made.redirect_chain[-1][0] == f"/elicitations/{elicitation.pk}/"
    assert elicitation.status == WeightElicitation.Status.DRAFT
    assert sorted(one.email for one in elicitation.experts.all()) == [BO.email, CY.email]


def test_a_wrong_form_says_where_and_loses_nothing(staff: Client, draft: ModelVersion) -> None:
    wrong = form(nodes=["people"], experts="Bo, nonsense", answer_by="2020-01-01")

    page = staff.post(f"{page_of(draft)}elicitations/new/", wrong)

    assert page.status_code == 422
    assert "Line 1:" in text(page)
    assert "Bo, nonsense" in text(page)
    assert "Choose a day in the future." in text(page)
    assert not WeightElicitation.objects.exists()


def test_a_published_version_is_not_asked_about(staff: Client, draft: ModelVersion, now: Any) -> None:
    publish_version(draft, acting_user=None, now=now)

    assert "This version is published" in text(staff.get(f"{page_of(draft)}elicitations/new/"))
    assert "elicitations/new/" not in text(staff.get(page_of(draft)))
    assert staff.post(f"{page_of(draft)}elicitations/new/", form()).status_code == 422
    assert not WeightElicitation.objects.exists()


def test_it_is_opened_watched_reminded_closed_and_applied(
    staff: Client, make: Any, draft: ModelVersion, now: Any
) -> None:
    elicitation = make("ahp")
    path = f"/elicitations/{elicitation.pk}/"

    def press(verb: str) -> str:
        return text(staff.post(f"{path}{verb}/", follow=True))

    assert "The invitations are on their way." in press("open")
    judge(elicitation, BO, TORN, now)
    watched = text(staff.get(path))
    assert "1 of 2 have sent their judgements" in watched
    assert "Weights in per cent, by expert" in watched
    assert "How far apart the experts are" in watched
    assert "Standard deviation (points)" in watched
    assert "“Means” matters 7 times as much as “People”" in watched
    assert "1 person will get a reminder." in press("remind")
    assert "already been reminded today" in press("remind")
    assert "You can apply its weights" in press("close")
    assert "are now in the draft" in press("apply")
    draft.refresh_from_db()
    assert draft.document["weights"]["all"]["method"] == "ahp"
    assert "Apply again" in text(staff.get(path))


def test_what_cannot_be_applied_says_which_nodes_changed(
    staff: Client, budget: WeightElicitation, draft: ModelVersion, now: Any
) -> None:
    judge(budget, BO, POINTS, now)
    services.close_elicitation(budget, acting_user=None, now=now)
    update_draft(draft, changed(), acting_user=None, now=now)

    assert "once it has these nodes again" in text(staff.get(f"/elicitations/{budget.pk}/"))

    page = text(staff.post(f"/elicitations/{budget.pk}/apply/", follow=True))

    assert "all has lost means. plans has gained cover." in page


def test_the_watched_part_is_fetched_alone(staff: Client, budget: WeightElicitation) -> None:
    part = text(staff.get(f"/elicitations/{budget.pk}/", headers={"HX-Request": "true"}))

    assert "Bo Berg" in part
    assert "<html" not in part


def test_experts_are_added_to_what_is_open(staff: Client, budget: WeightElicitation) -> None:
    added = staff.post(f"/elicitations/{budget.pk}/experts/", {"experts": "Di, di@example.org"}, follow=True)

    assert "Di" in text(added)
    assert budget.experts.count() == 3
    assert staff.post(f"/elicitations/{budget.pk}/experts/", {"experts": ""}).status_code == 422


def test_what_was_sent_counts_though_the_link_was_withdrawn(
    staff: Client, budget: WeightElicitation, ana: User, now: Any
) -> None:
    sent = judge(budget, BO, POINTS, now)
    for one in budget.experts.all():
        services.revoke_link(one, acting_user=ana, now=now)

    page = staff.get(f"/elicitations/{budget.pk}/").content.decode()

    assert page.count('badge badge-success">Sent<') == 1
    assert page.count('badge">Withdrawn<') == budget.experts.exclude(pk=sent.pk).count()


def test_the_page_of_an_expert_shows_the_judgement_and_the_link_when_asked(
    staff: Client, pairs: WeightElicitation, now: Any, link: Any
) -> None:
    bo = judge(pairs, BO, STEADY, now)
    path = f"/elicitations/{pairs.pk}/experts/{bo.pk}/"

    page = text(staff.get(path))
    assert "the answers fit together" in page
    assert "People: barely more (2)" in page
    assert link(bo) not in page
    assert "No judgement yet" in text(staff.get(path.replace(str(bo.pk), str(expert(pairs, CY).pk))))

    assert link(bo) in text(staff.post(f"{path}link/"))
    assert AuditEntry.objects.filter(action="expert.link_shown").count() == 1
    assert "A new link is on its way" in text(staff.post(f"{path}renew/", follow=True))
    assert "The link has been withdrawn." in text(staff.post(f"{path}revoke/", follow=True))
    assert "stay and count" in text(staff.post(f"{path}delete/", follow=True))


def filled(blank: Any, given: dict[str, Any]) -> str:
    """The file to fill in, filled in by Bo alone."""
    rows = [
        row
        for row in csv.DictReader(io.StringIO(b"".join(blank.streaming_content).decode("utf-8-sig")))
        if row["email"] == BO.email
    ]
    page = io.StringIO()
    writer = csv.DictWriter(page, rows[0].keys())
    writer.writeheader()
    for row in rows:
        if "part" in row:
            writer.writerow({**row, "points": given[row["node"]][row["part"]]})
        else:
            said = next(one for one in given[row["node"]] if {one["more"], one["less"]} == {row["more"], row["less"]})
            writer.writerow({**row, **said})
    return page.getvalue()


@pytest.mark.parametrize(("method", "given"), [("budget_allocation", POINTS), ("ahp", STEADY)])
def test_a_file_is_checked_and_then_entered(staff: Client, make: Any, method: str, given: dict[str, Any]) -> None:
    elicitation = make(method)
    path = f"/elicitations/{elicitation.pk}/judgements"
    lines = filled(staff.get(f"{path}.csv"), given)
    file = SimpleUploadedFile("judgements.csv", lines.encode("utf-8-sig"))

    checked = text(staff.post(f"{path}/", {"file": file, "check": ""}))
    assert "Judgements: 2, experts: 1. Nothing has been entered yet." in checked
    assert not Judgement.objects.exists()

    entered = staff.post(f"{path}/", {"text": lines, "enter": ""}, follow=True)
    assert "2 judgements entered." in text(entered)
    assert expert(elicitation, BO).sent_at is not None
    assert {one.node: one.sent for one in Judgement.objects.all()} == {
        node: {"comparisons": one} if method == "ahp" else {"points": one} for node, one in given.items()
    }


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "Choose one: pasted lines, or a file."),
        ("email,node\n", "there is no column"),
        ("email,node,part,points\n", "File: is empty"),
        (
            "email,node,part,points\nbo@example.org,all,people,ten\n",
            "Line 2, points: &#x27;ten&#x27; is not a whole number",
        ),
        ("email,node,part,points\nbo@example.org,all,,10\n", "Line 2, part: is empty"),
        ("email,node,part,points\nbo@example.org,all,people,10\n", "Line 2, points: the points add up to 10"),
        ("email,node,part,points\nbo@example.org,all,docks,100\n", "Line 2, part: &#x27;all&#x27; has no part"),
        (
            "email,node,part,points\nbo@example.org,all,people,50\nbo@example.org,all,a/b~c,50\n",
            "Line 3, part: &#x27;all&#x27; has no part",
        ),
        ("email,node,part,points\nbo@example.org,docks,a,100\n", "Line 2, node: experts are not asked about"),
        (
            "email,node,part,points\ndi@example.org,all,people,100\n",
            "Line 2, email: there is no expert with the address",
        ),
        (
            "email;node;part;points\nbo@example.org;all;people;50\nbo@example.org;all;people;50\n",
            "Line 3, part: &#x27;people&#x27; has points already, in line 2",
        ),
    ],
)
def test_each_line_that_is_wrong_is_named_and_nothing_is_entered(
    staff: Client, budget: WeightElicitation, lines: str, said: str
) -> None:
    page = staff.post(f"/elicitations/{budget.pk}/judgements/", {"text": lines, "enter": ""})

    assert page.status_code == 422
    assert said in text(page)
    assert not Judgement.objects.exists()


def test_what_is_refused_is_said_in_the_language_of_the_page(staff: Client, budget: WeightElicitation) -> None:
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    path = f"/elicitations/{budget.pk}"
    lines = "email,node,part,points\nbo@example.org,all,people,60\nbo@example.org,all,docks,40\n"
    crowd = "".join(f"Expert {number}, e{number}@example.org\n" for number in range(200))

    judgements = text(staff.post(f"{path}/judgements/", {"text": lines, "enter": ""}))
    experts = text(staff.post(f"{path}/experts/", {"experts": crowd}))

    assert "<li>Zeile 3, part: &#x27;all&#x27; hat keinen Teil &#x27;docks&#x27;</li>" in judgements
    assert "<li>Eine Befragung darf höchstens 200 Fachleute haben.</li>" in experts


PAGES = ("", "experts/", "judgements/", "judgements.csv", "experts/{expert}/")
VERBS = ("open/", "close/", "apply/", "remind/", "delete/", "experts/{expert}/link/", "experts/{expert}/renew/")


@pytest.mark.parametrize(("role", "status"), [("stakeholder", 403), (None, 302)])
def test_others_see_and_do_nothing(
    budget: WeightElicitation, draft: ModelVersion, make_user: Any, role: str | None, status: int
) -> None:
    browser = Client(headers={"host": "acme.localhost"})
    if role:
        browser.force_login(make_user("else@acme.example", role))
    ids = {"expert": expert(budget, BO).pk}

    found = {browser.get(f"/elicitations/{budget.pk}/{page.format(**ids)}").status_code for page in PAGES}
    found |= {browser.post(f"/elicitations/{budget.pk}/{verb.format(**ids)}").status_code for verb in VERBS}
    found.add(browser.get(f"{page_of(draft)}elicitations/new/").status_code)

    assert found == {status}
    budget.refresh_from_db()
    assert budget.status == WeightElicitation.Status.OPEN


def test_who_may_not_change_the_draft_neither_asks_nor_applies(
    budget: WeightElicitation, draft: ModelVersion, make_user: Any, now: Any
) -> None:
    from apps.accounts import services as accounts

    reader = make_user("reader@acme.example")
    rights = ["models:tenant:read", "weight-elicitations:tenant:manage"]
    role = accounts.create_role("reader", name="Reader", permissions=rights, acting_user=None, now=now)
    accounts.grant_role(reader, role, acting_user=None, now=now)
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(reader)
    services.close_elicitation(budget, acting_user=None, now=now)

    assert browser.get(f"{page_of(draft)}elicitations/new/").status_code == 403
    assert browser.post(f"/elicitations/{budget.pk}/apply/").status_code == 403
    assert "elicitations/new/" not in text(browser.get(page_of(draft)))


def test_the_monitor_costs_the_same_whatever_the_number_of_experts(
    staff: Client, budget: WeightElicitation, now: Any, django_assert_max_num_queries: Any
) -> None:
    judge(budget, BO, POINTS, now)
    judge(budget, CY, OTHER_POINTS, now)
    staff.get(f"/elicitations/{budget.pk}/")

    with django_assert_max_num_queries(9):
        staff.get(f"/elicitations/{budget.pk}/")
