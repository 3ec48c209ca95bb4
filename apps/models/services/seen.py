"""What somebody names must be theirs to see: for who may not read a thing, it is not there."""

from collections.abc import Iterator

from apps.accounts import authz
from apps.accounts.models import User
from apps.core.errors import Problem
from apps.models.models import ModelVersion, ReferenceSet, ResilienceModel, Subject
from resimate_text.sentences import Sentence


def unseen(
    acting_user: User | None,
    *,
    version: ModelVersion | None = None,
    subject: Subject | None = None,
    reference_set: ReferenceSet | None = None,
    at: str = "",
) -> Iterator[Problem]:
    """Say which of them the user may not read."""
    if version is not None and not sees_version(acting_user, version):
        yield Problem(f"{at}/version", Sentence("there is no such version"), "unknown_version")
    if subject is not None and not _sees(acting_user, "subjects:read", subject):
        yield Problem(f"{at}/subject", Sentence("there is no such subject"), "unknown_subject")
    if reference_set is not None and not _sees(acting_user, "assessments:read", reference_set):
        yield Problem(f"{at}/reference_set", Sentence("there is no such reference set"), "unknown_reference_set")


def sees_version(acting_user: User | None, version: ModelVersion) -> bool:
    """Whether the user may read the model that the version is of; a grant for everything costs no query."""
    if acting_user is None or authz.everywhere(acting_user, "models:read"):
        return True
    return authz.allows(acting_user, "models:read", ResilienceModel(pk=version.model_id))


def _sees(acting_user: User | None, permission: str, thing: Subject | ReferenceSet) -> bool:
    return acting_user is None or authz.allows(acting_user, permission, thing)
