"""Resilience models, subjects, assessments and scores, for administrators. Every change goes through a service."""

import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.workspace import user_of
from apps.core.admin import NamedValuesFilter, ReadOnlyAdmin, ServiceAdmin
from apps.core.errors import Problem, Refused
from apps.core.forms import utf8_text
from apps.core.pages import problems_told
from apps.core.sizes import LARGEST_DOCUMENT
from apps.core.translating import translated
from apps.models import services
from apps.models.models import Assessment, ModelVersion, ReferenceSet, ResilienceModel, Score, ScoreRun, Subject


class DocumentForm(forms.ModelForm[ResilienceModel]):
    """A file with a model document; it is checked before anything is stored."""

    file = forms.FileField(label=gettext_lazy("model document (JSON)"), widget=forms.ClearableFileInput)

    class Meta:
        model = ResilienceModel
        fields = ()

    def clean_file(self) -> Any:
        text = utf8_text(self.cleaned_data["file"], LARGEST_DOCUMENT)
        try:
            document = services.read_document(text)
            services.parse_document(document)
        except Refused as refused:
            raise ValidationError(problems_told(refused, _sentence)) from refused
        return document


def _sentence(problem: Problem) -> str:
    return f"{problem.pointer or '/'}: {translated(problem.detail)}"


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class VersionInline(ReadOnlyInline):
    model = ModelVersion
    fk_name = "model"
    fields = ("number", "state", "digest", "created_at", "published_at")
    readonly_fields = fields
    ordering = ("-number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("document")


@admin.register(ResilienceModel)
class ResilienceModelAdmin(ServiceAdmin[ResilienceModel]):
    """Adding one takes a document; a document with a known code becomes the next draft of that model."""

    list_display = ("code", "__str__", "current", "updated_at")
    search_fields = ("code",)
    ordering = ("code",)
    readonly_fields = ("code", "name", "current", "created_at", "updated_at")
    list_select_related = ("current_version",)
    inlines = (VersionInline,)
    actions = ("publish_drafts",)

    @admin.display(description=gettext_lazy("current version"))
    def current(self, model: ResilienceModel) -> str:
        return str(model.current_version.number) if model.current_version else "-"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else DocumentForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ("file",)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: ResilienceModel, form: Any, change: bool) -> None:
        if not change:
            document = form.cleaned_data["file"]
            version = services.import_document(document, acting_user=user_of(request), now=timezone.now())
            obj.pk, obj.code, obj.name = version.model.pk, version.model.code, version.model.name

    def delete_model(self, request: HttpRequest, obj: ResilienceModel) -> None:
        services.delete_model(obj, acting_user=user_of(request), now=timezone.now())

    @admin.action(description=gettext_lazy("Publish the drafts of the selected models"), permissions=["change"])
    def publish_drafts(self, request: HttpRequest, queryset: QuerySet[ResilienceModel]) -> None:
        def publish(model: ResilienceModel, now: datetime) -> None:
            draft = model.versions.filter(state=ModelVersion.State.DRAFT).first()
            if draft is None:
                raise services.VersionNotDraft(_("This model has no draft."))
            services.publish_version(draft, acting_user=user_of(request), now=now)

        self.each(request, queryset, publish, _("{count} published."))


@admin.register(Subject)
class SubjectAdmin(ServiceAdmin[Subject]):
    list_display = ("code", "name", "kind", "group")
    list_filter = (("kind", NamedValuesFilter), ("group", NamedValuesFilter))
    search_fields = ("code", "name")
    ordering = ("code",)
    fields = ("code", "name", "kind", "group")

    def save_model(self, request: HttpRequest, obj: Subject, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in self.fields}
        if change:
            services.update_subject(obj, acting_user=user_of(request), now=timezone.now(), **given)
            return
        made = services.create_subject(acting_user=user_of(request), now=timezone.now(), **given)
        obj.pk, obj.created_at = made.pk, made.created_at

    def delete_model(self, request: HttpRequest, obj: Subject) -> None:
        services.delete_subject(obj, acting_user=user_of(request), now=timezone.now())


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin[Assessment]):
    list_display = ("subject", "version", "period", "state", "score", "created_at")
    list_filter = ("state", ("period", NamedValuesFilter))
    search_fields = ("subject__code", "subject__name")
    list_select_related = ("subject", "version__model", "latest_run")
    ordering = ("-pk",)
    fields = (
        *("subject", "version", "period", "reference_set", "state"),
        *("score", "shown_values", "created_at", "created_by"),
    )
    actions = ("lock",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assessment]:
        return super().get_queryset(request).defer("version__document")

    @admin.display(description=gettext_lazy("score"))
    def score(self, assessment: Assessment) -> str:
        run = assessment.latest_run
        return "-" if run is None or run.score is None else f"{run.score:.4g}"

    @admin.display(description=gettext_lazy("values"))
    def shown_values(self, assessment: Assessment) -> str:
        return format_html("<code>{}</code>", json.dumps(assessment.values, ensure_ascii=False, sort_keys=True))

    @admin.action(description=gettext_lazy("Lock the selected assessments"), permissions=["view"])
    def lock(self, request: HttpRequest, queryset: QuerySet[Assessment]) -> None:
        def lock(assessment: Assessment, now: datetime) -> None:
            services.lock_assessment(assessment, acting_user=user_of(request), now=now)

        self.each(request, queryset, lock, _("{count} locked."))


@admin.register(ReferenceSet)
class ReferenceSetAdmin(ReadOnlyAdmin[ReferenceSet]):
    list_display = ("name", "version", "unit_count", "short_digest", "created_at")
    list_select_related = ("version__model",)
    search_fields = ("name", "digest")
    ordering = ("-pk",)
    fields = ("name", "version", "unit_count", "digest", "source", "created_at", "created_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferenceSet]:
        return super().get_queryset(request).defer("units", "version__document")

    @admin.display(description=gettext_lazy("digest"))
    def short_digest(self, reference_set: ReferenceSet) -> str:
        return f"{reference_set.digest:.12}"


class ScoreInline(ReadOnlyInline):
    model = Score
    fields = ("node", "value", "coverage", "weight", "raters", "reason")
    readonly_fields = fields
    ordering = ("node",)


@admin.register(ScoreRun)
class ScoreRunAdmin(ReadOnlyAdmin[ScoreRun]):
    """The runs that may be seen: of confidential assessments the released ones."""

    list_display = ("assessment", "score", "band", "coverage", "rater_count", "calculated_at")
    list_select_related = ("assessment__subject",)
    ordering = ("-pk",)
    inlines = (ScoreInline,)
    exclude = ("disclosed",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScoreRun]:
        return super().get_queryset(request).filter(pk__in=ScoreRun.objects.shown().values("pk"))
