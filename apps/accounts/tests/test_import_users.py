"""Colleagues are invited from a list: all of them or nobody, after it was looked at, and each mistake at its place."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import Invitation, Role, User
from apps.accounts.services.invitations import LINKS
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.errors import Invalid
from apps.core.models import Job
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("AUTH-001")

ACME = {"host": "acme.localhost"}
LIST = "E-Mail,Vorname,Nachname,Sprache,Rolle\nbo@new.example,Bo,Quill,Deutsch,model_analyst\n" + (
    "cy@new.example,Cy,,,Stakeholder; model analyst\n"
)


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(admin)
    return client


def _import(source: str | bytes, admin: User, *, dry_run: bool = False) -> Any:
    persons, _notes = services.people_in(source, language="en")
    return services.import_users(persons, acting_user=admin, now=timezone.now(), dry_run=dry_run)


def _problems(source: str, admin: User) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        _import(source, admin)
    assert not Invitation.objects.exclude(email_index=None).filter(invited_by=admin).exists()
    return [(one.pointer, one.code) for one in refused.value.errors]


def test_everybody_in_the_list_is_invited_by_name_in_their_language_to_their_roles(admin: User) -> None:
    tried = _import(LIST, admin, dry_run=True)
    before = Invitation.objects.count()
    done = _import(LIST, admin)
    events.deliver_due(timezone.now())

    assert (tried, before) == ({"dry_run": True, "invited": 2, "again": 0}, 0)
    assert done == {"dry_run": False, "invited": 2, "again": 0}
    bo, cy = Invitation.objects.order_by("pk")
    assert (bo.email, bo.name, bo.language) == ("bo@new.example", "Bo Quill", "de")
    assert [sorted(one.code for one in each.roles.all()) for each in (bo, cy)] == [
        ["model_analyst"],
        ["model_analyst", "stakeholder"],
    ]
    assert set(Message.objects.values_list("kind", flat=True)) == {"colleague_invited"}
    assert AuditEntry.objects.get(action="user.imported").details == {"invited": 2, "again": 0}
    page = Client(headers=ACME).get(LINKS.path_for(bo)).content.decode()
    assert 'value="Bo Quill"' in page


def test_each_mistake_is_told_at_its_place_and_nobody_is_invited(admin: User, analyst: User) -> None:
    rows = [
        "email,name,language,roles",
        "bo@new.example,Bo,en,model_analyst",
        "BO@new.example,Bo,en,model_analyst",
        f"{analyst.email},Ada,en,model_analyst",
        f"nobody,{'x' * 201},tlh,wizard",
        "cy@new.example,Cy,en,",
    ]

    assert _problems("\n".join(rows), admin) == [
        ("/csv/3/email", "unique"),
        ("/csv/4/email", "taken"),
        ("/csv/5/email", "email"),
        ("/csv/5/name", "max_length"),
        ("/csv/5/language", "invalid_choice"),
        ("/csv/5/roles", "unknown_role"),
        ("/csv/6/roles", "required"),
    ]


def test_nobody_gives_what_they_do_not_have(admin: User) -> None:
    limited = services.create_role(
        "inviter", name="Inviter", permissions=["users:tenant:create"], acting_user=None, now=timezone.now()
    )
    boss = services.create_user("boss@acme.example", password="seven purple bicycles", now=timezone.now())
    services.grant_role(boss, limited, acting_user=None, now=timezone.now())

    assert _problems("email,role\nbo@new.example,tenant_admin", boss) == [("/csv/2/roles", "not_yours_to_give")]


def test_roles_that_are_called_alike_are_told_apart_by_their_codes(admin: User) -> None:
    for code in ("one", "two"):
        services.create_role(code, name="Team", permissions=[], acting_user=None, now=timezone.now())

    assert _problems("email,role\nbo@new.example,Team", admin) == [("/csv/2/roles", "ambiguous")]
    assert _import("email,role\nbo@new.example,two", admin)["invited"] == 1


def test_who_was_invited_before_is_invited_anew_and_counted(admin: User, invite: Callable[..., Invitation]) -> None:
    earlier = invite("bo@new.example")

    assert _import(LIST, admin)["again"] == 1
    assert Invitation.objects.get(pk=earlier.pk).revoked_at is not None


def test_it_takes_the_right_to_add_people_and_reaches_no_other_tenant(analyst: User, stranger: User, beta: Any) -> None:
    from apps.accounts.authz import NotPermitted

    with pytest.raises(NotPermitted):
        _import(LIST, analyst, dry_run=True)
    with tenant_context(beta):
        _import(LIST, stranger)
    assert not Invitation.objects.exists()


def test_the_api_imports_as_a_job_and_points_at_rows(admin: User, browser: Client) -> None:
    def ask(**body: Any) -> Any:
        answer = browser.post("/api/v1/users/import/", body, "application/json")
        assert answer.status_code == 202
        while events.deliver_due(timezone.now() + timedelta(seconds=1)):
            pass
        return Job.objects.get(pk=answer.json()["id"])

    done = ask(csv=LIST + "\n", dry_run=False)
    wrong = ask(rows=[{"email": "bo@new.example", "roles": ["wizard"]}], dry_run=True)

    assert (done.state, done.result) == ("succeeded", {"dry_run": False, "invited": 2, "again": 0, "warnings": []})
    assert (wrong.state, wrong.problem["errors"][0]["pointer"]) == ("failed", "/rows/0/roles")
    assert browser.post("/api/v1/users/import/", {}, "application/json").status_code == 422


def test_administrators_look_at_a_file_first_and_then_send_what_they_saw(admin: User, browser: Client) -> None:
    address = "/admin/accounts/invitation/import/"
    file = SimpleUploadedFile("people.csv", LIST.replace("Rolle", "Rolle,Etage").encode())

    looked = browser.post(address, {"file": file, "invite": "1"})
    text = looked.context["form"].initial["people"]
    nobody = Invitation.objects.count()
    wrong = browser.post(address, {"people": text.replace("model_analyst", "wizard"), "invite": "1"})
    read = browser.post(address, {"file": SimpleUploadedFile("people.csv", b"email;role\n;wizard\n")}).content.decode()
    sent = browser.post(address, {"people": text, "invite": "1"})

    assert (looked.status_code, nobody) == (200, 0)
    assert "2 people can be invited" in looked.content.decode()
    assert "Etage" in looked.content.decode()
    assert (wrong.status_code, "Line 2: There is no role &#x27;wizard&#x27;." in wrong.content.decode()) == (422, True)
    assert "There is no e-mail address." in read  # of a file, too, with the list where it is put right
    assert "email;role\n;wizard" in read
    assert (sent.status_code, Invitation.objects.count()) == (302, 2)
    assert b"/admin/accounts/invitation/import/" in browser.get("/admin/accounts/invitation/").content


@pytest.mark.django_db(databases=["default", "owner"])
def test_operators_import_a_file_in_the_name_of_an_administrator(admin: User, tmp_path: Path) -> None:
    file, out = tmp_path / "people.csv", StringIO()
    file.write_text(LIST)
    options = {"tenant": "acme", "user": str(admin.email), "json": True}

    with schema_context("public"):  # where commands begin
        call_command("users", "import", str(file), **options, dry_run=True, stdout=out)
    tried = Invitation.objects.count()
    call_command("users", "import", str(file), **options, stdout=StringIO())
    invited = Invitation.objects.count()
    wrong = StringIO()
    file.write_text("email,role\nx,wizard\n")
    with pytest.raises(SystemExit):
        call_command("users", "import", str(file), **options, stdout=wrong, stderr=StringIO())

    assert json.loads(out.getvalue()) == {"dry_run": True, "invited": 2, "again": 0, "warnings": []}
    assert (tried, invited) == (0, 2)
    assert [one["pointer"] for one in json.loads(wrong.getvalue())["errors"]] == ["/csv/2/email", "/csv/2/roles"]


@pytest.mark.django_db(databases=["default", "owner"])
def test_nobody_is_invited_in_the_name_of_a_closed_account(
    admin: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(LIST)
    User.objects.filter(pk=admin.pk).update(is_active=False)

    with pytest.raises(SystemExit) as ended:
        call_command("users", "import", str(file), tenant="acme", user=str(admin.email))

    assert ended.value.code == 1
    assert "There is no user admin@acme.example in acme." in capsys.readouterr().err


def test_the_number_of_questions_does_not_grow_with_the_list(admin: User, django_assert_max_num_queries: Any) -> None:
    def count(people: int) -> int:
        rows = "".join(f"p{number}@new.example,stakeholder\n" for number in range(people))
        with django_assert_max_num_queries(60) as asked:
            _import(f"email,role\n{rows}", User.objects.get(pk=admin.pk), dry_run=True)
        return len(asked)

    assert count(2) == count(40)
    too_many = "".join(f"p{number}@new.example,stakeholder\n" for number in range(services.MOST_IMPORTED + 1))
    with pytest.raises(Invalid, match="at most 500"):
        _import(f"email,role\n{too_many}", admin)
    assert Role.objects.filter(code="stakeholder").exists()
