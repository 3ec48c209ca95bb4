"""What a request does takes the rights to do it: to undo, to publish, and to name what it is about."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.authz import NotPermitted
from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.models import Job
from apps.keys.models import SubjectKey
from apps.models import services
from apps.models.models import Assessment, Import, ModelVersion, ReferenceSet, ResilienceModel, Subject
from apps.models.tests.conftest import Api
from apps.models.tests.references.models import LOW_AND_HIGH, MEASURED

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
Narrow = Callable[..., Api]
DATA = "id,rater,group,question,value\nquay,r1,staff,L1,3\n"
TO_UNDO_DATA = ("subjects:tenant:delete", "assessments:tenant:delete")


@pytest.fixture
def person(acme: Any, make_user: Any) -> Callable[..., User]:
    """Somebody with exactly these permissions, and others on one model alone."""

    def make(*permissions: str, on: ResilienceModel | None = None, there: tuple[str, ...] = ()) -> User:
        now = timezone.now()
        user = make_user(f"p{User.objects.count()}@acme.example")
        places: list[tuple[str, tuple[str, ...], Any]] = [("all", permissions, None), ("one", there, on and on.pk)]
        for code, texts, pk in places:
            if texts:
                role = accounts.create_role(
                    f"{code}-{user.pk}", name=code, permissions=texts, acting_user=None, now=now
                )
                accounts.grant_role(user, role, object_id=pk, acting_user=None, now=now)
        return User.objects.get(pk=user.pk)

    return make


def _browser(user: User) -> Client:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(user)
    return browser


def _imported(api: Api, name: str, text: str, **options: Any) -> str:
    answer = api.post("models/import/", {"files": [{"name": name, "text": text}], **options})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


@pytest.mark.parametrize("missing", TO_UNDO_DATA)
def test_data_are_taken_back_with_the_rights_to_delete_them(
    missing: str, api: Api, narrow: Narrow, publish: Any, survey: dict[str, Any]
) -> None:
    made = _imported(api, "answers.csv", DATA, version=str(publish(survey).pk))
    enough = ("models:tenant:create", *TO_UNDO_DATA)

    refused = narrow(*(one for one in enough if one != missing)).post(f"imports/{made}/undo/")

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert Subject.objects.filter(code="quay").exists()
    assert Assessment.objects.count() == 1
    assert narrow(*enough).post(f"imports/{made}/undo/").status_code == 200


def test_a_model_is_taken_back_with_the_right_to_delete_it(api: Api, narrow: Narrow, survey: dict[str, Any]) -> None:
    made = _imported(api, "m.json", json.dumps(survey))

    assert narrow("models:tenant:create", "models:tenant:update").post(f"imports/{made}/undo/").status_code == 403
    assert ResilienceModel.objects.exists()
    assert narrow("models:tenant:create", "models:tenant:delete").post(f"imports/{made}/undo/").status_code == 200


def test_a_draft_that_was_replaced_comes_back_with_the_right_to_change_it(
    api: Api, narrow: Narrow, survey: dict[str, Any]
) -> None:
    _imported(api, "m.json", json.dumps(survey))
    made = _imported(api, "m.json", json.dumps({**survey, "name": {"en": "Other"}}))

    assert narrow("models:tenant:create", "models:tenant:delete").post(f"imports/{made}/undo/").status_code == 403
    assert narrow("models:tenant:create", "models:tenant:update").post(f"imports/{made}/undo/").status_code == 200


def test_the_page_takes_nothing_back_that_may_not_be_deleted(
    api: Api, person: Any, publish: Any, survey: dict[str, Any]
) -> None:
    made = _imported(api, "answers.csv", DATA, version=str(publish(survey).pk))

    _browser(person("models:tenant:create")).post(f"/models/exchange/{made}/undo/")

    assert Import.objects.get(pk=made).undone_at is None
    assert Subject.objects.filter(code="quay").exists()


def test_an_analyst_takes_back_what_they_imported(make_user: Any, api_of: Any, publish: Any, survey: Any) -> None:
    program = api_of(make_user("ana@acme.example", "model_analyst"))
    version = str(publish(survey).pk)
    made = [
        _imported(program, "answers.csv", DATA, version=version),
        _imported(program, "m.json", json.dumps({**survey, "code": "mine"})),
    ]

    assert [program.post(f"imports/{one}/undo/").status_code for one in made] == [200, 200]


def test_scoring_an_import_takes_the_right_to_score(narrow: Narrow, publish: Any, survey: dict[str, Any]) -> None:
    program = narrow(
        "models:tenant:create", "models:tenant:read", "subjects:tenant:create", "assessments:tenant:create"
    )
    files = {"files": [{"name": "answers.csv", "text": DATA}], "version": str(publish(survey).pk)}

    assert program.post("models/import/", {**files, "score": True}).status_code == 403
    assert not Subject.objects.filter(code="quay").exists()
    assert program.post("models/import/", files).status_code == 201


def test_an_import_publishes_what_its_user_may_publish_and_nothing_else(
    person: Any, api_of: Any, survey: dict[str, Any]
) -> None:
    now = timezone.now()
    mine, _theirs = (
        services.import_document({**survey, "code": code}, acting_user=None, now=now).model
        for code in ("mine", "theirs")
    )
    making = ("models:tenant:create", "models:tenant:read", "models:tenant:update")
    press = person(*making, on=mine, there=("models:model:publish",))
    forms = [{"kept": json.dumps([_kept({**survey, "code": code})]), "step": "import"} for code in ("theirs", "mine")]

    answers = [_browser(press).post("/models/exchange/", {**form, "publish": "on"}) for form in forms]

    assert [one.status_code for one in answers] == [422, 302]
    assert list(ModelVersion.objects.filter(state="published").values_list("model__code", flat=True)) == ["mine"]


def _kept(document: Any) -> dict[str, str]:
    import base64

    return {"name": "m.json", "content": base64.b64encode(json.dumps(document).encode()).decode()}


def test_services_ask_for_the_very_model(person: Any, survey: dict[str, Any]) -> None:
    now = timezone.now()
    mine, theirs = (
        services.import_document({**survey, "code": code}, acting_user=None, now=now) for code in ("mine", "theirs")
    )
    every = tuple(f"models:model:{one}" for one in ("read", "update", "publish", "retire", "delete"))
    user = person(on=mine.model, there=every)
    done: dict[str, Callable[[ModelVersion], Any]] = {
        "rename": lambda one: services.rename_model(one.model, name={"en": "X"}, acting_user=user, now=now),
        "update": lambda one: services.update_draft(one, one.document, acting_user=user, now=now),
        "publish": lambda one: services.publish_version(one, acting_user=user, now=now),
        "retire": lambda one: services.retire_version(one, acting_user=user, now=now),
    }

    for change in done.values():
        change(mine)
        with pytest.raises(NotPermitted):
            change(theirs)
    with pytest.raises(NotPermitted):
        services.delete_model(theirs.model, acting_user=user, now=now)
    with pytest.raises(NotPermitted):
        services.import_document({**survey, "code": "new"}, acting_user=user, now=now)
    assert not ResilienceModel.objects.filter(code="new").exists()


def test_an_assessment_is_of_what_its_maker_may_see(
    person: Any, publish: Any, survey: dict[str, Any], harbour: Subject
) -> None:
    now, version = timezone.now(), publish(survey)
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=version,
        name="Base",
        digest="d",
        units=[{"id": "u"}],
        unit_count=1,
        created_at=now,
    )
    own = ("assessments:own:manage",)
    sight = ("subjects:tenant:read", "models:tenant:read")
    seers = {"version": sight[:1], "subject": sight[1:], "reference_set": sight}

    for hidden, sees in seers.items():
        user = person(*own, *sees)
        asked: Any = {"version": version, "subject": harbour, "acting_user": user, "now": now}
        with pytest.raises(Invalid) as refused:
            services.create_assessment(**asked, reference_set=frozen if hidden == "reference_set" else None)
        assert [one.pointer for one in refused.value.errors] == [f"/{hidden}"]
    made = services.create_assessment(**asked)
    with pytest.raises(Invalid):
        services.set_values(made, {}, reference_set=frozen, acting_user=user, now=now)


def test_the_page_of_a_model_says_how_to_change_it_to_who_may(person: Any, survey: dict[str, Any]) -> None:
    mine, theirs = (
        services.import_document({**survey, "code": code}, acting_user=None, now=timezone.now()).model
        for code in ("mine", "theirs")
    )
    browser = _browser(person("models:tenant:create", "models:tenant:read", on=mine, there=("models:model:update",)))

    shown = {one: browser.get(f"/models/{one.pk}/").content.decode() for one in (mine, theirs)}

    assert "import it again" in shown[mine]
    assert "import it again" not in shown[theirs]


@pytest.fixture
def measured(publish: Any) -> ModelVersion:
    """A relative model by which two subjects are assessed, the first of them by nobody in particular."""
    version: ModelVersion = publish(MEASURED)
    return version


def _assessed(version: ModelVersion, code: str, value: float, by: User | None) -> None:
    now = timezone.now()
    subject = services.create_subject(code=code, name=code, acting_user=None, now=now)
    made = services.create_assessment(
        version=version, subject=subject, period="2026", values={"x": value}, acting_user=None, now=now
    )
    Assessment.objects.filter(pk=made.pk).update(created_by=by)


def test_whoever_calls_for_a_period_to_be_frozen_gets_what_its_user_may_read(
    person: Any, measured: ModelVersion
) -> None:
    user = person("assessments:own:manage", "models:tenant:read")
    for code, value, by in (("a", 0, user), ("b", 10, None)):
        _assessed(measured, code, value, by)

    frozen, _ = services.freeze_period(measured, "Mine", "2026", acting_user=user, now=timezone.now())

    assert [unit["id"] for unit in services.units_of_set(frozen)] == ["a"]


@pytest.mark.parametrize("missing", ["assessments:tenant:create", "models:tenant:read"])
def test_whoever_calls_for_a_freeze_its_user_needs_the_rights(
    person: Any, measured: ModelVersion, missing: str
) -> None:
    enough = {"assessments:tenant:create", "assessments:tenant:read", "models:tenant:read"}
    user, now = person(*(enough - {missing})), timezone.now()
    _assessed(measured, "a", 0, None)
    refusal = Invalid if missing.startswith("models") else NotPermitted

    with pytest.raises(refusal):
        services.freeze_period(measured, "Mine", "2026", acting_user=user, now=now)
    with pytest.raises(refusal):
        services.freeze_reference_set(measured, "Mine", LOW_AND_HIGH, acting_user=user, now=now)
    assert not ReferenceSet.objects.exists()


@pytest.mark.parametrize(
    "missing", ["models:tenant:create", "models:tenant:publish", "assessments:tenant:create", "subjects:tenant:create"]
)
def test_whoever_leaves_an_import_to_a_job_is_refused_before_it_waits(
    person: Any, survey: dict[str, Any], publish: Any, missing: str
) -> None:
    version = publish(survey)
    enough = {"models:tenant:create", "models:tenant:publish", "models:tenant:read"}
    enough |= {"assessments:tenant:create", "subjects:tenant:create"}
    asked = {"files": [{"name": "answers.csv", "text": DATA}], "publish": True, "dry_run": False}

    def leave(user: User) -> Job:
        return services.enqueue_import(asked, version=version, acting_user=user, now=timezone.now())

    with pytest.raises(NotPermitted):
        leave(person(*(enough - {missing})))
    assert not Job.objects.exists()
    assert leave(person(*enough)).parameters["version"] == str(version.pk)


@pytest.mark.parametrize("permission", ["assessments:own:read", "models:tenant:manage"])
def test_whoever_takes_out_everybodys_values_needs_the_right_to_all(
    person: Any, measured: ModelVersion, permission: str
) -> None:
    with pytest.raises(NotPermitted):
        services.export_coinr(measured, acting_user=person(permission))

    assert services.export_coinr(measured, acting_user=person("assessments:tenant:read"))
