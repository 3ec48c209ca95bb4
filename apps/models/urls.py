from django.urls import path

from apps.core import roles
from apps.models.views import exchange, explanation, models, references, subjects

role = roles.PORTAL
app_name = "models"
urlpatterns = [
    path("models/", models.model_list, name="list"),
    path("models/import/", models.import_model, name="import"),
    path("models/exchange/", exchange.exchange, name="exchange"),
    path("models/exchange/<uuid:pk>/undo/", exchange.undo, name="undo-import"),
    path("models/<uuid:pk>/", models.model, name="detail"),
    path("models/<uuid:pk>/versions/<int:number>/", models.model, name="version"),
    path("models/<uuid:pk>/versions/<int:number>/document.json", models.document, name="document"),
    path("models/<uuid:pk>/versions/<int:number>/document.xlsx", exchange.export, {"wanted": "xlsx"}, name="workbook"),
    path("models/<uuid:pk>/versions/<int:number>/coinr.zip", exchange.export, {"wanted": "coinr"}, name="coinr"),
    path("models/<uuid:pk>/versions/<int:number>/publish/", models.publish, name="publish"),
    path("models/<uuid:pk>/versions/<int:number>/retire/", models.retire, name="retire"),
    path("models/<uuid:pk>/versions/<int:number>/reference-sets/new/", references.freeze, name="freeze"),
    path("assessments/<uuid:pk>/why/", explanation.why_this_score, name="why"),
    path("subjects/", subjects.subject_list, name="subjects"),
    path("subjects/new/", subjects.create_subject, name="create-subject"),
]
