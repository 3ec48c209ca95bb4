"""Taking an import back: with the rights that it takes to remove, one by one, what was made."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, Q

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.arrays import keys
from apps.core.errors import Refused
from apps.core.fields import fingerprint
from apps.core.locking import all_locked, lock, locked
from apps.models.models import (
    Assessment,
    Import,
    ModelVersion,
    ResilienceModel,
    Response,
    ResponseQuerySet,
    ScoreRun,
    Subject,
)
from resimate_engine.document import digest


class ImportUndone(Refused):
    code = "import_undone"
    title = "The import has already been undone"


class ImportInUse(Refused):
    code = "import_in_use"
    title = "Something uses what the import created"


def fingerprint_of(assessments: Sequence[Assessment]) -> str:
    return fingerprint(_digest_of(assessments))


def _digest_of(assessments: Sequence[Assessment]) -> str:
    return digest(sorted([str(one.pk), one.values, one.period] for one in assessments))


def _are_as_made(assessments: Sequence[Assessment], values: str) -> bool:
    """Whether they have the values that the import remembers, by a digest where an older process has made it."""
    return values in (fingerprint_of(assessments), _digest_of(assessments))


@transaction.atomic
def undo_import(record: Import, *, acting_user: User | None, now: datetime) -> Import:
    """Take back all that an import made; refused when any of it was published, scored, answered or changed since."""
    record = locked(Import.objects.all(), record.pk)
    _refuse_rights(record, acting_user)
    if record.undone_at is not None:
        raise ImportUndone("This import has already been undone.")
    try:
        with transaction.atomic():
            _remove_assessments(record)
            _remove_version(record)
    except ProtectedError:
        raise ImportInUse(
            "This import cannot be undone: a campaign or another assessment uses what it created."
        ) from None
    record.undone_at, record.replaced = now, None
    record.save(update_fields=["undone_at", "replaced"])
    audit.record("import.undone", now=now, actor=acting_user, target=record)
    events.publish("import.undone", {"import_id": str(record.pk)}, now=now)
    return record


def _refuse_rights(record: Import, acting_user: User | None) -> None:
    """What would be deleted must be theirs to delete, and the draft that would come back theirs to change."""
    assessments = Assessment.objects.filter(pk__in=keys(_ids(record, "assessments")))
    authz.require_each(acting_user, "assessments:delete", assessments)
    subjects = Subject.objects.filter(pk__in=keys(_ids(record, "subjects")))
    authz.require_each(acting_user, "subjects:delete", subjects)
    models = ResilienceModel.objects.filter(versions=record.made["version"])
    authz.require_each(acting_user, "models:delete" if record.made.get("model") else "models:update", models)


def _ids(record: Import, kind: str) -> list[UUID]:
    return [UUID(one) for one in record.made[kind]]


def _remove_assessments(record: Import) -> None:
    ids = _ids(record, "assessments")
    found = all_locked(Assessment.objects.filter(pk__in=keys(ids)))
    if ScoreRun.objects.filter(assessment__in=keys(ids)).exists():
        raise ImportInUse("This import cannot be undone: some of its assessments have been scored.")
    later = Q(created_at__gt=record.created_at) | Q(submitted_at__gt=record.created_at)
    responses = Response.objects.filter(assessment__in=keys(ids))
    if responses.filter(later).exists() or _are_changed(responses, since=record.created_at):
        raise ImportInUse("This import cannot be undone: some of its assessments have been answered since.")
    is_open = all(one.state == Assessment.State.OPEN for one in found)
    if ids and not (is_open and _are_as_made(found, record.made["values"])):
        raise ImportInUse("This import cannot be undone: some of its assessments have been changed since.")
    Assessment.objects.filter(pk__in=keys(ids)).delete()
    Subject.objects.filter(pk__in=keys(_ids(record, "subjects"))).delete()


def _are_changed(responses: ResponseQuerySet, *, since: datetime) -> bool:
    return any(answer.answered_at > since for one in responses.one_by_one() for answer in one.answers.values())


def _locked_draft(record: Import) -> tuple[ResilienceModel, ModelVersion]:
    """The draft as the import made it, and its model, which is locked; refuses one that is something else by now."""
    lock(ResilienceModel.objects.filter(versions=record.made["version"]))
    version = ModelVersion.objects.select_related("model").filter(pk=record.made["version"]).first()
    if version is None:
        raise ImportInUse("The draft that this import created no longer exists.")
    if version.state != ModelVersion.State.DRAFT:
        raise ImportInUse("This import cannot be undone: its version has been published.")
    if version.digest != record.made["digest"]:
        raise ImportInUse("This import cannot be undone: the draft has been changed since.")
    return version.model, version


def _remove_version(record: Import) -> None:
    if record.made["version"] is None:
        return
    model, version = _locked_draft(record)
    if record.replaced is not None:
        version.document, version.digest = record.replaced["document"], record.replaced["digest"]
        version.save(update_fields=["document", "digest"])
        model.name = record.replaced["name"]
    else:
        version.delete()
        model.name = record.made.get("name", model.name)
    if record.made["model"] is not None and not model.versions.exists():
        model.delete()
        return
    model.save(update_fields=["name"])
