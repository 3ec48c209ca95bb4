"""A published version promises the same scores for ever; golden vectors notice when an engine breaks that."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

import resimate_engine as engine
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.models import Event
from apps.models import services, starters
from apps.models.models import GoldenCheck, GoldenVector, ModelVersion
from apps.models.services.golden_units import probe_units
from apps.models.tests.conftest import Api
from resimate_engine import METHODS, score
from resimate_engine.document import parse
from resimate_engine.tests.documents import document, leaf

pytestmark = pytest.mark.requirement("CMS-002")


@pytest.fixture
def version(publish: Any, survey: dict[str, Any]) -> ModelVersion:
    return publish(survey)


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a method of the engine come to something else from now on."""

    def spoiling(place: str, name: str, change: Callable[[Any], Any]) -> None:
        method = METHODS[place][name]

        def spoiled(*given: Any, **parameters: Any) -> Any:
            return change(method.function(*given, **parameters))

        monkeypatch.setitem(METHODS[place], name, replace(method, function=spoiled))

    return spoiling


def _verify(version: ModelVersion, now: Any) -> GoldenCheck:
    return services.verify_version(version, now=now).check


def test_publishing_records_what_made_up_units_come_to(version: ModelVersion, now: Any) -> None:
    vector = GoldenVector.objects.get(version=version)

    assert vector.units == probe_units(services.parsed(version))
    results = {result["id"]: result for result in vector.results}
    assert (results["highest"]["score"], results["lowest"]["score"]) == (100.0, 0.0)
    assert (results["empty"]["score"], results["empty"]["reason"]) == (None, "nothing_present")
    assert set(results["gaps"]["nodes"]) == {"overall", "leadership", "network"}
    assert vector.recorded_at == now


def test_units_ask_every_input_and_every_question_for_every_kind_of_value() -> None:
    for name in starters.names():
        model = parse(starters.load(name))
        units = probe_units(model)

        answers = [response["answers"] for unit in units for response in unit["responses"]]
        for placed in model.questions:
            scale = placed.question.scale
            values = [option.value for option in scale.options]
            absences = {"dont_know": scale.allow_dont_know, "not_applicable": scale.allow_not_applicable}
            wanted = {min(values), max(values), *(name for name, allowed in absences.items() if allowed)}
            assert wanted <= {answer[placed.question.code] for answer in answers}
        for item in model.inputs:
            given = {unit["values"][item.name] for unit in units}
            assert {None, "dont_know", "not_applicable"} <= given
            assert len(given) >= 3 + 4
        assert len(units) == 9
        assert score(model, units).results == score(parse(starters.load(name)), probe_units(model)).results


@pytest.mark.parametrize("name", sorted(METHODS["normalisation"]))
def test_units_tell_one_value_from_another_by_every_normalisation(name: str) -> None:
    given: dict[str, Any] = {
        "goalposts": {"low": 20, "high": 40},
        "distance_to_target": {"target": 30},
        "distance_to_reference": {"reference": "home"},
        "ratio_to_reference": {"reference": "home"},
        "categorical": {"breaks": [10, 20], "values": [0, 50, 100]},
        "above_below_mean": {"share": 0.1},
        "value_function": {"points": [[0, 0], [5, 80], [10, 100]]},
    }
    step = {"method": name, **given.get(name, {})}
    model = parse(document(leaf("x", normalisation=step), leaf("y", normalisation=step), mode="relative"))

    values = {result["nodes"]["x"]["value"] for result in score(model, probe_units(model)).results}

    assert len(values - {None}) >= 2


def test_the_same_engine_gives_the_same_bits(version: ModelVersion, now: Any) -> None:
    check = _verify(version, now)

    assert (check.agrees, check.largest_difference) == (True, 0.0)
    assert not Event.objects.filter(name="version.verification_failed").exists()


@pytest.mark.parametrize(
    ("place", "name", "change"),
    [
        ("aggregation", "arithmetic_mean", lambda column: column * 1.0001),
        ("aggregation", "arithmetic_mean", lambda column: column * float("nan")),
        ("rater_aggregation", "mean", lambda found: found + 0.001),
        ("weights", "direct", lambda weights: [1.0 for _ in weights]),
    ],
)
def test_a_method_that_comes_to_something_else_is_noticed_and_said_once(
    version: ModelVersion, now: Any, spoil: Any, place: str, name: str, change: Any
) -> None:
    spoil(place, name, change)
    checks = [_verify(version, now), _verify(version, now)]

    assert [check.agrees for check in checks] == [False, False]
    assert Event.objects.get(name="version.verification_failed").payload["check_id"] == str(checks[0].pk)
    assert AuditEntry.objects.get(action="version.verification_failed").object_id == str(version.pk)


def test_how_far_it_is_off_is_kept(version: ModelVersion, now: Any, spoil: Any) -> None:
    spoil("aggregation", "arithmetic_mean", lambda column: column * 0.5)

    assert _verify(version, now).largest_difference == 0.5


def test_another_platforms_rounding_is_no_difference(version: ModelVersion, now: Any, spoil: Any) -> None:
    spoil("aggregation", "arithmetic_mean", lambda column: column * (1 + 2**-50))

    check = _verify(version, now)

    assert check.agrees
    assert 0 < check.largest_difference < 1e-12  # type: ignore[operator]


def test_an_engine_that_cannot_calculate_it_differs(version: ModelVersion, now: Any, spoil: Any) -> None:
    spoil("aggregation", "arithmetic_mean", lambda _: 1 // 0)

    check = _verify(version, now)

    assert (check.agrees, check.largest_difference) == (False, None)


@pytest.fixture
def early(survey: dict[str, Any], ada: User, now: Any) -> ModelVersion:
    """Published before there were vectors."""
    draft = services.import_document(survey, acting_user=ada, now=now)
    ModelVersion.objects.filter(pk=draft.pk).update(state="published", published_at=now)
    return ModelVersion.objects.get(pk=draft.pk)


def test_an_early_version_gets_its_vector_at_the_first_run(early: ModelVersion, now: Any) -> None:
    runs = [list(services.verify_versions(now=now)) for _ in range(2)]

    assert [(one.version, one.recorded_late, one.check.agrees) for run in runs for one in run] == [
        (early, True, True),
        (early, False, True),
    ]
    assert AuditEntry.objects.filter(action="version.vector_recorded").count() == 1


def _command(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        with schema_context("public"):
            call_command("verify_models", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_looks_at_all_tenants(
    version: ModelVersion, beta: Any, beta_api: Api, survey: dict[str, Any], now: Any, spoil: Any
) -> None:
    with tenant_context(beta):
        theirs = services.import_document({**survey, "code": "theirs"}, acting_user=None, now=now)
        services.publish_version(theirs, acting_user=None, now=now)

    code, said, _ = _command("--json")
    assert (code, {row["tenant"]: row["model"] for row in json.loads(said)["versions"]}) == (
        0,
        {"acme": "survey", "beta": "theirs"},
    )
    spoil("aggregation", "arithmetic_mean", lambda column: column * 2)
    assert _command() == (
        1,
        "",
        "2 of 2 published versions no longer give the same scores: acme/survey 1, beta/theirs 1.\n",
    )
    assert GoldenCheck.objects.filter(agrees=False).count() == 1


def test_a_version_shows_when_it_was_checked_last(
    api: Api, version: ModelVersion, ada: User, now: Any, spoil: Any
) -> None:
    path = f"models/{version.model_id}/versions/1/"
    assert api.get(path).json()["golden"]["agrees"] is None
    _verify(version, now)
    shown = api.get(path).json()["golden"]
    assert (shown["agrees"], shown["largest_difference"], shown["checked_at"]) == (True, 0.0, shown["recorded_at"])
    page = Client()
    page.force_login(ada)

    def said() -> str:
        answer = page.get(f"/models/{version.model_id}/", headers={"host": "acme.localhost"})
        return answer.content.decode().partition(f"with engine {engine.ENGINE_VERSION}: ")[2]

    assert said().startswith("identical")
    spoil("aggregation", "arithmetic_mean", lambda column: column * 2)
    _verify(version, now)

    assert api.get(path).json()["golden"]["agrees"] is False
    assert said().startswith("different scores")


def test_a_draft_has_none(api: Api, survey: dict[str, Any], ada: User, now: Any) -> None:
    draft = services.import_document(survey, acting_user=ada, now=now)

    assert api.get(f"models/{draft.model_id}/versions/{draft.pk}/").json()["golden"] is None
