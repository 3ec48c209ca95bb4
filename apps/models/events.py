"""What models and assessments tell: each event with what it carries."""

from apps.core.event_types import ID, IDS, declare

VERSION = {"model_id": ID, "version_id": ID}
ASSESSMENT = {"assessment_id": ID}

declare("version.published", "A version of a resilience model can be used and never changes again.", VERSION)
declare("version.retired", "A published version takes no new assessments.", VERSION)
declare(
    "version.verification_failed",
    "A published version no longer gives the scores that it gave.",
    {**VERSION, "check_id": ID},
)
declare(
    "reference_set.frozen",
    "The units that relative scores are compared with were frozen.",
    {"reference_set_id": ID, "version_id": ID},
)

declare(
    "assessment.submitted",
    "Answers were handed in. Where they are confidential, nothing says whose.",
    ASSESSMENT,
    may_carry={"response_id": ID},
)
declare("assessment.locked", "An assessment takes no more answers.", ASSESSMENT)
declare("assessment.imported", "Assessments came from a file or in bulk and are to be scored.", {"assessment_ids": IDS})
declare("score.calculated", "An assessment has a new score.", {**ASSESSMENT, "run_id": ID})

declare("import.applied", "What an import brought is there.", {"import_id": ID})
declare("import.undone", "What an import brought is gone again.", {"import_id": ID})
