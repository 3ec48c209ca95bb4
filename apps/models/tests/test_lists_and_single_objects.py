"""Lists are written from rows and single objects by serializers: both must say the same."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.models import services
from apps.models.models import Assessment
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001", "PERF-002")


@pytest.fixture
def stored(assessment: Assessment, ada: User, now: Any, survey: dict[str, Any]) -> Assessment:
    """A scored assessment, an empty one, a response, and a second draft."""
    response = services.create_response(
        assessment, rater="r1", group="staff", answers={"L1": 4}, acting_user=ada, now=now
    )
    services.submit(response, now=now)
    services.score_assessment(assessment, now=now)
    services.import_document({**survey, "bands": []}, acting_user=ada, now=now)
    services.create_assessment(version=assessment.version, subject=assessment.subject, acting_user=ada, now=now)
    return assessment


@pytest.mark.parametrize("path", ["models/", "subjects/", "assessments/"])
def test_a_list_shows_what_single_objects_show(api: Api, stored: Assessment, path: str) -> None:
    api.post("subjects/", {"code": "now", "name": 'Created at a fraction of a second "+00:00"'})

    listed = api.get(path).json()["results"]

    assert listed
    assert [api.get(f"{path}{one['id']}/").json() for one in listed] == listed


@pytest.mark.parametrize(
    ("path", "only_single"),
    [
        ("models/{model}/versions/", {"document", "golden", "warnings"}),
        ("assessments/{assessment}/responses/", {"answers"}),
    ],
)
def test_what_is_large_is_shown_one_at_a_time(api: Api, stored: Assessment, path: str, only_single: set[str]) -> None:
    path = path.format(model=stored.version.model_id, assessment=stored.pk)
    listed = api.get(path).json()["results"]

    assert listed
    for one in listed:
        single = api.get(f"{path}{one['id']}/").json()
        assert single.keys() - one.keys() == only_single
        assert one.items() <= single.items()


def test_a_write_answers_with_the_etag_of_the_next_read(api: Api, stored: Assessment) -> None:
    path = f"assessments/{stored.pk}/"

    written = api.patch(path, {"period": "2027"})

    assert written.status_code == 200
    assert api.get(path)["ETag"] == written["ETag"]


@pytest.mark.parametrize(
    "path", ["models/", "assessments/", "models/{model}/versions/", "assessments/{assessment}/responses/"]
)
def test_a_page_costs_few_queries(api: Api, stored: Assessment, path: str, django_assert_max_num_queries: Any) -> None:
    path = path.format(model=stored.version.model_id, assessment=stored.pk)
    api.get(path)

    with django_assert_max_num_queries(6):
        assert api.get(path).json()["results"]
