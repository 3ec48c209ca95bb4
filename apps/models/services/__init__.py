"""What can be done with resilience models, assessments, answers and scores: one function for each verb."""

from apps.models.services.assessments import (
    begin_assessment,
    create_assessment,
    create_assessments,
    delete_assessment,
    lock_assessment,
    set_values,
)
from apps.models.services.budgets import TooMuchAtOnce, TooMuchToCalculate
from apps.models.services.calculations import (
    calculate,
    check_calculation,
    explain,
    find_weights,
    measure_agreement,
    model_of,
)
from apps.models.services.documents import MOST_BYTES, parse_document, parsed, read_document
from apps.models.services.drafts import DraftExists, replaced_by, start_copy, start_draft
from apps.models.services.exchange import (
    export_coinr,
    export_xlsx,
    file_of,
    import_files,
    is_long,
    options_of,
    refuse_rights,
)
from apps.models.services.golden import Golden, Verified, golden_of, verify_tenants, verify_version, verify_versions
from apps.models.services.imports import import_assessments, import_subjects, units_in
from apps.models.services.jobs import cancel_job
from apps.models.services.references import (
    compared_with,
    freeze_period,
    freeze_reference_set,
    ranking_node,
    table_of_set,
    units_of_set,
)
from apps.models.services.responses import (
    SavedAnswer,
    answers_of,
    create_response,
    save_answer,
    save_answers,
    submit,
)
from apps.models.services.scoring import score_assessment, score_assessments
from apps.models.services.seen import unseen
from apps.models.services.subjects import create_subject, create_subjects, delete_subject, update_subject
from apps.models.services.traces import (
    InputNotKept,
    Kept,
    Verdict,
    explain_score,
    kept_input,
    may_take,
    trace_of,
    trace_schema,
    verify_trace,
)
from apps.models.services.undoing import undo_import
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
    "DraftExists",
    "Golden",
    "InputNotKept",
    "Kept",
    "SavedAnswer",
    "TooMuchAtOnce",
    "TooMuchToCalculate",
    "Verdict",
    "Verified",
    "answers_of",
    "begin_assessment",
    "calculate",
    "cancel_job",
    "check_calculation",
    "compared_with",
    "create_assessment",
    "create_assessments",
    "create_response",
    "create_subject",
    "create_subjects",
    "delete_assessment",
    "delete_model",
    "delete_subject",
    "explain",
    "explain_score",
    "export_coinr",
    "export_xlsx",
    "file_of",
    "find_weights",
    "freeze_period",
    "freeze_reference_set",
    "golden_of",
    "import_assessments",
    "import_document",
    "import_files",
    "import_subjects",
    "is_long",
    "kept_input",
    "lock_assessment",
    "may_take",
    "measure_agreement",
    "model_of",
    "options_of",
    "parse_document",
    "parsed",
    "publish_version",
    "ranking_node",
    "read_document",
    "refuse_rights",
    "rename_model",
    "replaced_by",
    "retire_version",
    "save_answer",
    "save_answers",
    "score_assessment",
    "score_assessments",
    "set_values",
    "start_copy",
    "start_draft",
    "submit",
    "table_of_set",
    "trace_of",
    "trace_schema",
    "undo_import",
    "units_in",
    "units_of_set",
    "unseen",
    "update_draft",
    "update_subject",
    "verify_tenants",
    "verify_trace",
    "verify_version",
    "verify_versions",
]
