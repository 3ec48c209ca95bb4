"""Resilience models and their versions: a draft can change, a published version never does."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked, hold, locked, still_there
from apps.core.tenancy import current_schema
from apps.models.models import ModelVersion, ResilienceModel
from apps.models.services import golden
from apps.models.services.documents import parse_document
from resimate_engine.document import digest
from resimate_text.sentences import Sentence

DRAFT, PUBLISHED, RETIRED = ModelVersion.State.DRAFT, ModelVersion.State.PUBLISHED, ModelVersion.State.RETIRED


class VersionNotDraft(Refused):
    code = "version_not_draft"
    title = "Only a draft can be changed"


class VersionNotPublished(Refused):
    code = "version_not_published"
    title = "The version is not published"


class ModelWasPublished(Refused):
    code = "model_was_published"
    title = "A published resilience model cannot be deleted"


class ModelInUse(Refused):
    code = "model_in_use"
    title = "The resilience model is in use"


class ModelCodeTaken(Refused):
    code = "model_code_taken"
    title = "Another resilience model has this code"


@transaction.atomic
def import_document(
    document: Any, *, acting_user: User | None, now: datetime, model: ResilienceModel | None = None, at: str = ""
) -> ModelVersion:
    """Make a document the draft of the resilience model with its code; the first document makes the model."""
    content = parse_document(document, at=at)
    if model is not None and content.code != model.code:
        raise Invalid(
            "The document belongs to another resilience model.",
            errors=[Problem(f"{at}/code", Sentence("must be {code!r}", code=model.code), "other_model")],
        )
    known = locked_by_code(content.code)
    owner = known or ResilienceModel.objects.create(
        code=content.code, name=dict(content.name), created_at=now, updated_at=now
    )
    _check_may_import(owner, acting_user, is_new=known is None, is_named=model is not None)
    version = _put_draft(owner, document, digest=content.digest, now=now)
    if known is not None:
        _touch(owner, now, name=None if owner.current_version_id else dict(content.name))
    audit.record(
        "version.imported",
        now=now,
        actor=acting_user,
        target=version,
        details={"code": owner.code, "number": version.number, "digest": version.digest},
    )
    return version


def code_of(document: Any) -> str:
    """The code that a document says; empty where it says none that a model could have."""
    code = document.get("code") if isinstance(document, dict) else None
    return code if isinstance(code, str) and "\0" not in code else ""


def locked_by_code(code: str) -> ResilienceModel | None:
    """The model with that code, locked. While there is none, nobody else begins it before this transaction ends."""
    rows = ResilienceModel.objects.filter(code=code)
    if not rows.exists():
        hold(f"model:{current_schema()}:{code}")
    return next(iter(all_locked(rows)), None)


def _check_may_import(model: ResilienceModel, user: User | None, *, is_new: bool, is_named: bool) -> None:
    """Whoever may make models may not for that change those of others, whose codes are easily guessed."""
    if is_new:
        authz.require(user, "models:create")
    elif is_named:
        authz.require(user, "models:update", model)
    elif user is not None and not authz.allows(user, "models:update", model):
        raise ModelCodeTaken("You may not change the model with this code. Choose another code.")


def _put_draft(model: ResilienceModel, document: Any, *, digest: str, now: datetime) -> ModelVersion:
    """Make a document the draft of a model that the caller has locked."""
    draft = model.versions.filter(state=DRAFT).first()
    if draft is None:
        last = model.versions.aggregate(last=Max("number"))["last"] or 0
        return model.versions.create(number=last + 1, document=document, digest=digest, created_at=now)
    draft.document, draft.digest = document, digest
    draft.save(update_fields=["document", "digest"])
    return draft


@transaction.atomic
def update_draft(
    version: ModelVersion, document: Any, *, acting_user: User | None, now: datetime, at: str = ""
) -> ModelVersion:
    """Replace the document of a draft."""
    version = _locked(version)
    if version.state != DRAFT:
        raise VersionNotDraft("A published version cannot be changed. Create a new draft instead.")
    return import_document(document, acting_user=acting_user, now=now, model=version.model, at=at)


@transaction.atomic
def publish_version(version: ModelVersion, *, acting_user: User | None, now: datetime) -> ModelVersion:
    """Publish a draft: from now on it can be assessed against, and never changes."""
    version = _locked(version)
    authz.require(acting_user, "models:publish", version.model)
    if version.state != DRAFT:
        raise VersionNotDraft("Only a draft can be published.")
    content = parse_document(version.document, at="/document")

    version.state = PUBLISHED
    version.digest = digest(version.document)
    version.published_at = now
    version.save(update_fields=["state", "digest", "published_at"])
    golden.record_vector(version, now=now)
    version.model.current_version = version
    _touch(version.model, now, name=dict(content.name))
    _tell("version.published", version, acting_user=acting_user, now=now)
    return version


@transaction.atomic
def retire_version(version: ModelVersion, *, acting_user: User | None, now: datetime) -> ModelVersion:
    """Retire a published version: what refers to it stays, nothing new can."""
    version = _locked(version)
    authz.require(acting_user, "models:retire", version.model)
    if version.state != PUBLISHED:
        raise VersionNotPublished("Only a published version can be retired.")

    version.state = RETIRED
    version.save(update_fields=["state"])
    if version.model.current_version_id == version.pk:
        version.model.current_version = version.model.versions.filter(state=PUBLISHED).order_by("-number").first()
    _touch(version.model, now)
    _tell("version.retired", version, acting_user=acting_user, now=now)
    return version


@transaction.atomic
def rename_model(
    model: ResilienceModel, *, name: dict[str, str], acting_user: User | None, now: datetime
) -> ResilienceModel:
    """Change the name that lists show, until the next version that is published brings its own."""
    model = locked(ResilienceModel.objects.all(), model.pk)
    authz.require(acting_user, "models:update", model)
    _touch(model, now, name=name)
    audit.record("model.renamed", now=now, actor=acting_user, target=model)
    return model


@transaction.atomic
def delete_model(model: ResilienceModel, *, acting_user: User | None, now: datetime) -> None:
    """Delete a resilience model of which no version was ever published."""
    model = locked(ResilienceModel.objects.all(), model.pk)
    authz.require(acting_user, "models:delete", model)
    if model.versions.exclude(state=DRAFT).exists():
        raise ModelWasPublished(
            "This model cannot be deleted: scores may rest on its published versions. Retire them instead."
        )
    audit.record("model.deleted", now=now, actor=acting_user, target=model, details={"code": model.code})
    try:
        model.delete()
    except ProtectedError as error:
        raise ModelInUse(
            "This model cannot be deleted: answers or judgements depend on it. Delete those first."
        ) from error


def _locked(version: ModelVersion) -> ModelVersion:
    """The version as it is under its model's lock: whoever changes a version holds that. Raises ``Gone``."""
    model = locked(ResilienceModel.objects.all(), version.model_id)
    version = still_there(model.versions.all(), version.pk)
    version.model = model
    return version


def _touch(model: ResilienceModel, now: datetime, *, name: dict[str, str] | None = None) -> None:
    model.updated_at = now
    model.name = name or model.name
    model.save(update_fields=["updated_at", "name", "current_version"])


def _tell(what: str, version: ModelVersion, *, acting_user: User | None, now: datetime) -> None:
    details = {"code": version.model.code, "number": version.number, "digest": version.digest}
    audit.record(what, now=now, actor=acting_user, target=version, details=details)
    events.publish(what, {"model_id": str(version.model_id), "version_id": str(version.pk)}, now=now)
