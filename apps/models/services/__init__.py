"""What can be done with resilience models, assessments, answers and scores: one function for each verb."""

from apps.models.services.assessments import (
    create_assessment,
    create_assessments,
    delete_assessment,
    lock_assessment,
    set_values,
)
from apps.models.services.calculations import calculate, explain, find_weights, measure_agreement, model_of
from apps.models.services.documents import MOST_BYTES, parse_document, parsed, read_document
from apps.models.services.exchange import (
    export_coinr,
    export_xlsx,
    file_of,
    import_files,
    is_long,
    options_of,
    rights_needed,
    undo_import,
)
from apps.models.services.golden import Golden, Verified, golden_of, verify_tenants, verify_version, verify_versions
from apps.models.services.imports import import_assessments, import_subjects, units_in
from apps.models.services.jobs import cancel_job
from apps.models.services.responses import (
    SavedAnswer,
    answers_of,
    create_response,
    save_answer,
    save_answers,
    submit,
)
from apps.models.services.scoring import score_assessment, score_assessments
from apps.models.services.subjects import create_subject, create_subjects, delete_subject, update_subject
from apps.models.services.versions import (
    delete_model,
    import_document,
    publish_version,
    rename_model,
    retire_version,
    update_draft,
)

__all__ = [
    "MOST_BYTES",
    "Golden",
    "SavedAnswer",
    "Verified",
    "answers_of",
    "calculate",
    "cancel_job",
    "create_assessment",
    "create_assessments",
    "create_response",
    "create_subject",
    "create_subjects",
    "delete_assessment",
    "delete_model",
    "delete_subject",
    "explain",
    "export_coinr",
    "export_xlsx",
    "file_of",
    "find_weights",
    "golden_of",
    "import_assessments",
    "import_document",
    "import_files",
    "import_subjects",
    "is_long",
    "lock_assessment",
    "measure_agreement",
    "model_of",
    "options_of",
    "parse_document",
    "parsed",
    "publish_version",
    "read_document",
    "rename_model",
    "retire_version",
    "rights_needed",
    "save_answer",
    "save_answers",
    "score_assessment",
    "score_assessments",
    "set_values",
    "submit",
    "undo_import",
    "units_in",
    "update_draft",
    "update_subject",
    "verify_tenants",
    "verify_version",
    "verify_versions",
]
