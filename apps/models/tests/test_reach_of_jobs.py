"""A job reaches no further than the key or the person that asked for it, and asks again when it runs."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts import authz, reach
from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, Grant, User
from apps.core import events, jobs
from apps.core.models import Job
from apps.models import services
from apps.models.models import Assessment, ResilienceModel, Subject
from apps.models.services import exchange
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
Narrow = Callable[..., Api]


def _done(answer: Any) -> Job:
    """The job of a 202, after the worker has had its turn."""
    assert answer.status_code == 202, answer.content
    events.deliver_due(timezone.now())
    return Job.objects.get(pk=answer.json()["id"])


def _import(api: Api, document: Any, *, lines: int, publish: bool = False) -> Any:
    text = json.dumps(document) + "\n" * lines
    return api.post("models/import/", {"files": [{"name": "m.json", "text": text}], "publish": publish})


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many lines make an import a job."""
    monkeypatch.setattr(exchange, "LONG", 50)
    return 60


def test_a_long_file_reaches_no_further_than_a_short_one(
    narrow: Narrow, publish: Any, survey: dict[str, Any], long: int
) -> None:
    publish(survey)
    program, renamed = narrow("models:tenant:create"), {**survey, "name": {"en": "OVERWRITTEN"}}

    assert _import(program, renamed, lines=0).json()["code"] == "model_code_taken"
    job = _done(_import(program, renamed, lines=long))

    assert (job.state, (job.problem or {})["code"]) == ("failed", "model_code_taken")
    assert ResilienceModel.objects.get().versions.count() == 1


def test_a_long_file_is_not_published_beyond_the_right_to_its_model(
    ada: User, make_user: Any, api_of: Any, survey: dict[str, Any], long: int
) -> None:
    now = timezone.now()
    theirs = services.import_document(survey, acting_user=None, now=now).model
    mine = services.import_document({**survey, "code": "mine"}, acting_user=None, now=now).model
    author = make_user("author@acme.example")
    making = ["models:tenant:create", "models:tenant:read", "models:tenant:update"]
    for code, permissions, model in (("author", making, None), ("press", ["models:model:publish"], mine.pk)):
        role = accounts.create_role(code, name=code, permissions=permissions, acting_user=None, now=now)
        accounts.grant_role(author, role, object_id=model, acting_user=None, now=now)
    program = api_of(User.objects.get(pk=author.pk))

    assert _import(program, survey, lines=0, publish=True).json()["code"] == "permission_denied"
    job = _done(_import(program, survey, lines=long, publish=True))

    assert (job.problem or {})["code"] == "permission_denied"
    assert not theirs.versions.exclude(state="draft").exists()
    assert _import(program, {**survey, "code": "mine"}, lines=0, publish=True).status_code == 201


def test_a_narrow_key_imports_subjects_and_no_more(narrow: Narrow) -> None:
    rows = {"rows": [{"code": "quay", "name": "Quay"}]}

    assert narrow("models:tenant:create").post("subjects/import/", rows).status_code == 403
    assert _done(narrow("subjects:tenant:create").post("subjects/import/", rows)).state == "succeeded"


def test_units_of_subjects_out_of_sight_are_not_there(
    narrow: Narrow, publish: Any, survey: dict[str, Any], harbour: Subject
) -> None:
    asked = {"version": str(publish(survey).pk), "units": [{"id": "harbour", "values": {}}]}
    blind = narrow("assessments:tenant:create", "models:tenant:read")
    seeing = narrow("assessments:tenant:create", "models:tenant:read", "subjects:tenant:read")

    job = _done(blind.post("assessments/import/", asked))

    assert [one["code"] for one in (job.problem or {})["errors"]] == ["unknown_subject"]
    assert not Assessment.objects.exists()
    assert _done(seeing.post("assessments/import/", asked)).state == "succeeded"


#: What each kind of job needs when it runs, and something to do.
#: Administrators cannot ask for it: see apps/accounts/tests/test_custodians.py.
ELSEWHERE = {"keys.rotate", "keys.verify"}
NEEDED = {
    "assessment.score": "assessments:tenant:score",
    **dict.fromkeys(
        ("calculation", "calculation.explanation", "calculation.weights", "calculation.agreement"),
        "calculations:tenant:create",
    ),
    "subjects.import": "subjects:tenant:create",
    "assessments.import": "assessments:tenant:create",
    "models.import": "models:tenant:create",
    "users.import": "users:tenant:create",
}


@pytest.fixture
def parameters(assessment: Assessment, survey: dict[str, Any]) -> dict[str, dict[str, Any]]:
    files = {"files": [{"name": "m.json", "text": json.dumps({**survey, "code": "new"})}], "version": None}
    options = dict.fromkeys(("code", "name", "group", "period"), "") | {"normalisation": "min_max"}
    of_version = {"version": str(assessment.version_id), "period": "2027", "reference_set": None}
    accounts.create_role("guest", name="Guest", permissions=[], acting_user=None, now=timezone.now())
    bo = accounts.Person("bo@new.example", "/rows/0", roles=["guest"]).facts()
    return {
        "assessment.score": {"assessment_id": str(assessment.pk)},
        "calculation": {"model": survey, "units": [{"id": "u"}]},
        "calculation.explanation": {"model": survey, "units": [{"id": "u"}], "unit": "u"},
        "calculation.weights": {"asked": {"method": "rank_order_centroid", "ranks": [1, 2]}},
        "calculation.agreement": {"asked": {"measure": "cronbach_alpha", "ratings": [[1, 2, 3], [2, 2, 4]]}},
        "subjects.import": {"rows": [{"code": "quay", "name": "Quay"}], "dry_run": False},
        "assessments.import": {**of_version, "units": [], "dry_run": False},
        "models.import": {**files, **options, "publish": False, "score": False, "dry_run": False},
        "users.import": {"people": [bo], "dry_run": False, "warnings": []},
    }


def test_every_runner_is_tried_here() -> None:
    assert {kind for kind in jobs._runners if kind != "test"} == {*NEEDED, *ELSEWHERE}


def _run(kind: str, parameters: dict[str, dict[str, Any]], asking: User, between: Callable[[], Any]) -> Job:
    """Ask for a job, let something happen, and let the worker have its turn."""
    job = reach.enqueue(kind, parameters[kind], acting_user=asking, now=timezone.now())
    between()
    events.deliver_due(timezone.now())
    return Job.objects.get(pk=job.pk)


def _with_key(user: User, *permissions: str) -> tuple[User, ApiKey]:
    key, _text = accounts.create_api_key(user, name="n", permissions=permissions, now=timezone.now())
    again = User.objects.get(pk=user.pk)
    authz.narrow(again, key)
    return again, key


@pytest.mark.parametrize("kind", NEEDED)
def test_a_job_whose_key_was_revoked_meanwhile_does_nothing(
    kind: str, ada: User, parameters: dict[str, dict[str, Any]]
) -> None:
    asking, key = _with_key(ada)

    job = _run(kind, parameters, asking, lambda: accounts.revoke_api_key(key, acting_user=None, now=timezone.now()))

    assert (job.state, (job.problem or {})["code"]) == ("failed", "reach_lost")


@pytest.mark.parametrize("kind", NEEDED)
def test_a_job_runs_with_the_right_that_it_takes_and_not_without(
    kind: str, ada: User, parameters: dict[str, dict[str, Any]]
) -> None:
    enough = {"assessments:tenant:read", "models:tenant:read", NEEDED[kind]}
    asking, _key = _with_key(ada, *enough)
    without, _key = _with_key(ada, *sorted(enough - {NEEDED[kind]}), "audit-entries:tenant:read")

    assert (_run(kind, parameters, without, int).problem or {})["code"] == "permission_denied"
    done = _run(kind, parameters, asking, int)
    assert done.state == "succeeded", done.problem


def test_a_job_is_refused_when_its_key_has_expired(ada: User, parameters: dict[str, dict[str, Any]]) -> None:
    asking, key = _with_key(ada)

    def expire() -> None:
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert (_run("calculation", parameters, asking, expire).problem or {})["code"] == "reach_lost"


def test_a_job_is_refused_when_the_grant_was_revoked_meanwhile(
    ada: User, make_user: Any, parameters: dict[str, dict[str, Any]]
) -> None:
    analyst = make_user("ana@acme.example", "model_analyst")

    def revoke() -> None:
        Grant.objects.filter(user=analyst).delete()

    assert (_run("subjects.import", parameters, analyst, revoke).problem or {})["code"] == "permission_denied"
    assert not Subject.objects.filter(code="quay").exists()


@pytest.mark.parametrize("reopened", [False, True])
def test_a_job_of_before_the_account_was_closed_is_not_done(
    reopened: bool, ada: User, make_user: Any, parameters: dict[str, dict[str, Any]]
) -> None:
    analyst, now = make_user("ana@acme.example", "model_analyst"), timezone.now()

    def close() -> None:
        accounts.deactivate_user(analyst, acting_user=None, now=now)
        if reopened:
            accounts.activate_user(analyst, acting_user=None, now=now)

    assert (_run("subjects.import", parameters, analyst, close).problem or {})["code"] == "reach_lost"


def test_a_job_that_does_not_say_how_far_it_reaches_is_not_done(
    ada: User, parameters: dict[str, dict[str, Any]]
) -> None:
    job = jobs.enqueue("calculation", parameters["calculation"], requested_by=ada.pk, now=timezone.now())
    events.deliver_due(timezone.now())
    job.refresh_from_db()

    assert (job.problem or {})["code"] == "reach_lost"


def test_a_narrow_key_watches_its_own_jobs_alone(narrow: Narrow, api: Api, make_user: Any, api_of: Any) -> None:
    rows = {"rows": [{"code": "quay", "name": "Quay"}]}
    one, other = narrow("subjects:tenant:create"), narrow("subjects:tenant:create")
    job = one.post("subjects/import/", rows).json()["id"]

    assert one.get(f"jobs/{job}/").status_code == 200
    assert other.get(f"jobs/{job}/").status_code == 404
    assert other.post(f"jobs/{job}/cancel/").status_code == 404
    assert api_of(make_user("ana@acme.example", "model_analyst")).get(f"jobs/{job}/").status_code == 404
    assert api.get(f"jobs/{job}/").status_code == 200
