from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from apps.core import roles
from apps.core.api.raw_lists import UUID_PATTERN
from apps.models.api.assessments import AssessmentView
from apps.models.api.calculations import AgreementView, CalculationView, ExplanationView, WeightsView
from apps.models.api.exchange import ImportView, ModelImportView, VersionExportView
from apps.models.api.jobs import JobView
from apps.models.api.models import ModelView, VersionView
from apps.models.api.references import ReferenceSetView
from apps.models.api.responses import ResponseView
from apps.models.api.schemas import EventSchemasView, EventSchemaView, ModelSchemaView, TraceSchemaView
from apps.models.api.scores import ScoreView
from apps.models.api.subjects import SubjectView

role = roles.CORE_API
router = SimpleRouter()
router.register("models", ModelView, basename="models")
router.register(f"models/(?P<model>{UUID_PATTERN})/versions", VersionView, basename="versions")
router.register("subjects", SubjectView, basename="subjects")
router.register("assessments", AssessmentView, basename="assessments")
router.register(f"assessments/(?P<assessment>{UUID_PATTERN})/responses", ResponseView, basename="responses")
router.register(f"assessments/(?P<assessment>{UUID_PATTERN})/scores", ScoreView, basename="scores")
router.register("reference-sets", ReferenceSetView, basename="reference-sets")
router.register("imports", ImportView, basename="imports")
router.register("jobs", JobView, basename="jobs")

urlpatterns = [
    *router.urls,
    path("calculations/", CalculationView.as_view(), name="calculations"),
    path("calculations/explain/", ExplanationView.as_view(), name="explanations"),
    path("calculations/weights/", WeightsView.as_view(), name="weights"),
    path("calculations/agreement/", AgreementView.as_view(), name="agreement"),
    path("models/import/", ModelImportView.as_view(), name="model-import"),
    re_path(
        f"^models/(?P<model>{UUID_PATTERN})/versions/(?P<number>[0-9]{{1,9}})/export/$",
        VersionExportView.as_view(),
        name="version-export",
    ),
    path("schemas/model.json", ModelSchemaView.as_view(), name="model-schema"),
    path("schemas/trace.json", TraceSchemaView.as_view(), name="trace-schema"),
    path("schemas/events/", EventSchemasView.as_view(), name="event-schemas"),
    re_path("^schemas/events/(?P<event>[0-9a-z_.-]{1,80})/$", EventSchemaView.as_view(), name="event-schema"),
]
