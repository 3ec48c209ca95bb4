"""Starting a draft from a document: another draft is replaced only when somebody asks for it, and can come back."""

from datetime import datetime
from itertools import count
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import Refused
from apps.models.models import Import, ModelVersion, ResilienceModel
from apps.models.services.exchange import import_noted
from apps.models.services.versions import code_of, locked_by_code
from resimate_engine.document import digest
from resimate_text.sentences import Sentence


class DraftExists(Refused):
    code = "draft_exists"
    title = "The current draft would be replaced"


@transaction.atomic
def start_draft(
    document: Any, *, name: str, replace: bool = False, acting_user: User | None, now: datetime
) -> ModelVersion:
    """Make a document the draft of its model, and keep what it replaces, so that the import can be undone.

    ``name`` is what the list of imports calls it. Raises :class:`DraftExists` where another draft is there, unless
    ``replace`` says that it may go.
    """
    model = locked_by_code(code_of(document))
    draft = model.versions.filter(state=ModelVersion.State.DRAFT).first() if model else None
    if draft is not None and not replace and draft.digest != digest(document):
        detail = Sentence(
            "The model {code} already has a draft: version {number}. Confirm that this document may replace it.",
            code=draft.model.code,
            number=draft.number,
        )
        raise DraftExists(detail)
    return import_noted(document, name=name, acting_user=acting_user, now=now)


def start_copy(document: dict[str, Any], *, name: str, acting_user: User | None, now: datetime) -> ModelVersion:
    """Make a document the draft of a model of its own, under another code where its own is taken."""
    return start_draft(_with_free_code(document), name=name, acting_user=acting_user, now=now)


def _with_free_code(document: dict[str, Any]) -> dict[str, Any]:
    taken = set(ResilienceModel.objects.filter(code__startswith=document["code"]).values_list("code", flat=True))
    if document["code"] not in taken:
        return document
    number = next(one for one in count(2) if f"{document['code']}_{one}" not in taken)
    named = {language: f"{text} ({number})" for language, text in document["name"].items()}
    return {**document, "code": f"{document['code']}_{number}", "name": named}


def replaced_by(version: ModelVersion) -> Import | None:
    """The import that made this draft what it is and took another draft's place; None when there is nothing to undo."""
    if version.state != ModelVersion.State.DRAFT:
        return None
    made = Import.objects.filter(version=version, undone_at=None, replaced__isnull=False).order_by("-pk").first()
    return made if made is not None and made.made["digest"] == version.digest else None
