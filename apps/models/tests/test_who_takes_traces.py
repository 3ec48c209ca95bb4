"""A trace holds single answers: whoever takes it may read those of every confidential assessment that went in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.models import services
from apps.models.models import Assessment, ModelVersion, Response, ScoreRun
from apps.models.services import scoring
from apps.models.tests.references.models import ASKED
from apps.models.tests.sheets import put

pytestmark = pytest.mark.requirement("COMP-001", "SEC-AUTH-002")
Begin = Callable[..., Assessment]
BY_GROUP = {"method": "by_group", "weights": {"board": 1, "crew": 1}}


@pytest.fixture
def reader(acme: Any, make_user: Any, now: datetime) -> User:
    """Somebody who may read every assessment, and no single answer of a confidential one."""
    accounts.create_role("reads", name="Reads", permissions=["assessments:tenant:read"], acting_user=None, now=now)
    return make_user("rea@acme.example", "reads")


@pytest.fixture
def auditor(acme: Any, make_user: Any) -> User:
    return make_user("aud@acme.example", "answers_auditor")


@pytest.fixture
def asked(publish: Any) -> ModelVersion:
    """A model that compares subjects by what people answer."""
    return publish(ASKED)


@pytest.fixture
def begin(ada: User, now: datetime) -> Begin:
    def make(version: ModelVersion, code: str, **more: Any) -> Assessment:
        subject = services.create_subject(code=code, name=code, acting_user=ada, now=now)
        given = {"version": version, "subject": subject, "period": "2026", **more}
        return services.begin_assessment(**given, acting_user=ada, now=now)

    return make


def _send(assessment: Assessment, now: datetime, groups: str, answers: Mapping[str, Any]) -> None:
    """One person of each group that is named answers and sends."""
    for number, group in enumerate(groups.split()):
        rater = f"{assessment.subject.code}{number}"
        sent = Response.objects.create(
            assessment=assessment, rater=rater, group=group, submitted_at=now, created_at=now
        )
        put(sent, answers, now)


def _finished(assessment: Assessment, now: datetime) -> ScoreRun:
    services.lock_in_confidence(assessment, acting_user=None, now=now)
    return ScoreRun.objects.get(pk=services.score_assessment(assessment, now=now).pk)


def test_who_is_compared_openly_needs_no_right_to_single_answers(
    asked: ModelVersion, begin: Begin, reader: User, now: datetime
) -> None:
    both = [begin(asked, code) for code in ("harbour", "port")]
    for place, one in enumerate(both):
        _send(one, now, "crew crew", {"N1": 2 + place, "N2": 3})

    run = services.score_assessment(both[0], now=now)

    assert services.may_take(reader, services.stored_calculation(run))


def test_what_a_set_has_kept_of_confidential_answers_takes_the_right_to_read_them(
    asked: ModelVersion, begin: Begin, ada: User, reader: User, auditor: User, now: datetime
) -> None:
    held = begin(asked, "harbour", confidential=True)
    _send(held, now, "crew " * 6, {"N1": 2, "N2": 3})
    _finished(held, now)
    frozen, _ = services.freeze_period(asked, "2026", "2026", acting_user=None, now=now)
    later = begin(asked, "port", period="2027", reference_set=frozen)
    _send(later, now, "crew", {"N1": 4, "N2": 4})

    stored = services.stored_calculation(services.score_assessment(later, now=now))

    assert [services.may_take(user, stored) for user in (reader, auditor)] == [False, True]


@pytest.mark.parametrize(("groups", "may"), [("board " * 5 + "crew " * 5, True), ("board " * 5 + "crew", False)])
def test_a_confidential_score_is_taken_by_who_reads_single_answers_unless_it_rests_on_a_small_group(
    publish: Any, survey: Any, begin: Begin, reader: User, auditor: User, now: datetime, groups: str, may: bool
) -> None:
    survey["root"]["children"][0]["indicator"]["rater_aggregation"] = BY_GROUP
    one = begin(publish(survey), "harbour", confidential=True)
    _send(one, now, groups, {"L1": 3, "N1": 4})

    stored = services.stored_calculation(_finished(one, now))

    assert [services.may_take(user, stored) for user in (reader, auditor)] == [False, may]


def test_others_are_compared_with_no_answer_that_a_release_withholds(
    publish: Any, survey: dict[str, Any], begin: Begin, now: datetime
) -> None:
    """Two have answered of the network, which is withheld with its only sibling: beside the whole that would tell."""
    one = begin(publish(survey), "harbour", confidential=True)
    _send(one, now, "crew " * 5, {"L1": 3})
    for response in Response.objects.order_by("pk")[:2]:
        put(response, {"N1": 5}, now)
    run = _finished(one, now)

    (unit,) = scoring.units_of([Assessment.objects.select_related("version", "subject", "latest_run").get()])

    assert run.disclosed == {"overall": 5}
    assert [response["answers"] for response in unit["responses"]] == [{}] * 5
