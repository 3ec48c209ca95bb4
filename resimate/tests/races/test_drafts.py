"""Several at once work on a resilience model: its row is locked first, and whoever changes a version holds it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.fields import new_id
from apps.core.locking import lock
from apps.elicitation.tests import story
from apps.models import services
from apps.models.models import Import, ModelVersion, Subject
from apps.models.services.exchange import import_noted
from apps.models.tests.conftest import Api
from resimate.tests.races.harness import race

Verb = Callable[[ModelVersion, User, datetime], Any]


@pytest.fixture
def document() -> dict[str, Any]:
    return {**story.DOCUMENT, "code": f"harbour_{new_id().hex}"}


@pytest.fixture
def record(document: dict[str, Any], ada: User, now: datetime) -> Import:
    """The import that made the draft."""
    version = import_noted(document, name="harbour.json", acting_user=ada, now=now)
    return Import.objects.get(version=version)


@pytest.fixture
def draft(record: Import) -> ModelVersion:
    assert record.version is not None
    return record.version


@pytest.fixture
def published(draft: ModelVersion, ada: User, now: datetime) -> ModelVersion:
    return services.publish_version(draft, acting_user=ada, now=now)


def api_of(ada: User, now: datetime) -> Api:
    return Api(accounts.create_api_key(ada, name="races", now=now)[1])


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {**document, "name": {"en": name}}


def path_of(version: ModelVersion) -> str:
    return f"models/{version.model_id}/versions/{version.pk}/"


def starting(document: dict[str, Any], ada: User, now: datetime) -> Any:
    return lambda: services.start_draft(document, name="harbour.json", acting_user=ada, now=now)


def publishing(version: ModelVersion, ada: User, now: datetime) -> Any:
    return lambda: services.publish_version(version, acting_user=ada, now=now)


def undoing(version: ModelVersion, ada: User, now: datetime) -> Any:
    record = Import.objects.get(version=version)
    return lambda: services.undo_import(record, acting_user=ada, now=now)


def putting(version: ModelVersion, ada: User, now: datetime) -> Any:
    api = api_of(ada, now)
    return lambda: api.put(path_of(version), named(version.document, "Other"))


@pytest.mark.parametrize("verb", [publishing, undoing, putting])
def test_whoever_waits_for_a_model_has_locked_none_of_its_versions(
    verb: Verb, draft: ModelVersion, ada: User, now: datetime
) -> None:
    """In the other order each of two would wait for the other."""
    work = verb(draft, ada, now)

    _, waiting, looking = race(
        lambda: services.rename_model(draft.model, name={"en": "Renamed"}, acting_user=ada, now=now),
        work,
        transaction.atomic(lambda: lock(ModelVersion.objects.filter(pk=draft.pk))),
    )

    assert (waiting.code, waiting.waited) == ("", True)
    assert (looking.code, looking.waited) == ("", False)


def test_two_documents_that_begin_a_version_begin_one(
    published: ModelVersion, document: dict[str, Any], ada: User, now: datetime
) -> None:
    outcomes = race(
        *[
            lambda name=name: services.import_document(named(document, name), acting_user=ada, now=now)
            for name in ("Second", "Third")
        ]
    )

    assert [one.code for one in outcomes] == ["", ""]
    assert [one.document["name"]["en"] for one in published.model.versions.order_by("number")] == [
        "Harbour check",
        "Third",
    ]


def test_a_draft_that_was_started_meanwhile_is_not_replaced_unasked(
    published: ModelVersion, document: dict[str, Any], ada: User, now: datetime
) -> None:
    first, second = race(*[starting(named(document, name), ada, now) for name in ("Second", "Third")])

    assert (first.code, second.code, second.waited) == ("", "draft_exists", True)
    assert ModelVersion.objects.get(pk=first.result.pk).document["name"] == {"en": "Second"}


def test_nor_is_the_first_draft_of_a_model(document: dict[str, Any], ada: User, now: datetime) -> None:
    first, second = race(*[starting(named(document, name), ada, now) for name in ("First", "Another")])

    assert (first.code, second.code, second.waited) == ("", "draft_exists", True)
    assert ModelVersion.objects.get(pk=first.result.pk).document["name"] == {"en": "First"}


def test_an_import_keeps_the_draft_that_it_replaces_as_it_was_at_that_moment(
    draft: ModelVersion, document: dict[str, Any], ada: User, now: datetime
) -> None:
    _, importing = race(
        lambda: services.update_draft(draft, named(document, "Edited"), acting_user=ada, now=now),
        lambda: import_noted(named(document, "Imported"), name="harbour.json", acting_user=ada, now=now),
    )

    assert importing.waited
    replaced = Import.objects.filter(version=draft).latest("pk").replaced
    assert replaced is not None
    assert replaced["document"]["name"] == {"en": "Edited"}


def test_an_import_is_not_undone_while_its_draft_is_changed(
    draft: ModelVersion, document: dict[str, Any], ada: User, now: datetime
) -> None:
    _, late = race(
        lambda: services.update_draft(draft, named(document, "Edited"), acting_user=ada, now=now),
        undoing(draft, ada, now),
    )

    assert (late.code, late.waited) == ("import_in_use", True)
    assert ModelVersion.objects.get(pk=draft.pk).document["name"] == {"en": "Edited"}


def test_a_draft_whose_import_is_undone_meanwhile_is_gone(
    published: ModelVersion, document: dict[str, Any], ada: User, now: datetime
) -> None:
    draft = import_noted(named(document, "Second"), name="harbour.json", acting_user=ada, now=now)

    _, late = race(undoing(draft, ada, now), publishing(draft, ada, now))

    assert (late.code, late.waited) == ("not_found", True)


def test_of_two_writes_on_the_same_state_the_second_is_refused(ada: User, now: datetime) -> None:
    subject = services.create_subject(code=f"s{new_id().hex}", name="Harbour", acting_user=ada, now=now)
    path = f"subjects/{subject.pk}/"
    seen = api_of(ada, now).get(path)["ETag"]

    def rename(name: str) -> Any:
        api = api_of(ada, now)  # with a key of its own: the key's row is written, too
        return lambda: api.patch(path, {"name": name}, If_Match=seen).status_code

    first, second = race(rename("One"), rename("Two"))

    assert (first.result, second.result, second.waited) == (200, 412, True)
    assert Subject.objects.get(pk=subject.pk).name == "One"
