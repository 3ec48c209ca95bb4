from django.urls import path

from apps.models import views, views_exchange, views_references, views_why

app_name = "models"
urlpatterns = [
    path("models/", views.model_list, name="list"),
    path("models/import/", views.import_model, name="import"),
    path("models/exchange/", views_exchange.exchange, name="exchange"),
    path("models/exchange/<uuid:pk>/undo/", views_exchange.undo, name="undo-import"),
    path("models/<uuid:pk>/", views.model, name="detail"),
    path("models/<uuid:pk>/versions/<int:number>/", views.model, name="version"),
    path("models/<uuid:pk>/versions/<int:number>/document.json", views.document, name="document"),
    path(
        "models/<uuid:pk>/versions/<int:number>/document.xlsx",
        views_exchange.export,
        {"wanted": "xlsx"},
        name="workbook",
    ),
    path("models/<uuid:pk>/versions/<int:number>/coinr.zip", views_exchange.export, {"wanted": "coinr"}, name="coinr"),
    path("models/<uuid:pk>/versions/<int:number>/publish/", views.publish, name="publish"),
    path("models/<uuid:pk>/versions/<int:number>/retire/", views.retire, name="retire"),
    path("models/<uuid:pk>/versions/<int:number>/reference-sets/new/", views_references.freeze, name="freeze"),
    path("assessments/<uuid:pk>/why/", views_why.why_this_score, name="why"),
    path("subjects/", views.subject_list, name="subjects"),
    path("subjects/new/", views.create_subject, name="create-subject"),
]
