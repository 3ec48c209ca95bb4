"""The workspace's pages about resilience models."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.workspace import user_of, workspace_page
from apps.core.errors import Problem, Refused
from apps.core.pages import PAGE, crumb, errors_as_messages, problems_told
from apps.core.translating import translated
from apps.models import reading, services
from apps.models.forms import ImportForm
from apps.models.models import ModelVersion, ReferenceSet, ResilienceModel
from resimate_engine import Model


@require_safe
@workspace_page("models:read")
def model_list(request: HttpRequest) -> HttpResponse:
    seen = authz.visible(ResilienceModel.objects.select_related("current_version"), user_of(request), "models:read")
    rows = seen.defer("current_version__document").order_by("-pk")
    page = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "may_create": authz.somewhere(user_of(request), "models:create"),
    }
    return render(request, "models/list.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("models:create")
def import_model(request: HttpRequest) -> HttpResponse:
    form = ImportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        try:
            version = _started(form, user_of(request))
        except services.DraftExists as refused:
            form.ask_to_replace(translated(refused.detail))
        except Refused as refused:
            _explain(form, refused)
        else:
            messages.success(request, _("The document is now the draft of this resilience model."))
            return redirect("models:version", version.model_id, version.number)
    page = {"form": form, "crumbs": [_models_crumb()]}
    return render(request, "models/import.html", page, status=422 if form.errors else 200)


def _started(form: ImportForm, user: User) -> ModelVersion:
    """A model that is ready is copied; a document of one's own may take a draft's place when that was asked for."""
    document, now = form.document(), timezone.now()
    if form.source == "starter":
        return services.start_copy(document, name=form.name, acting_user=user, now=now)
    replace = form.cleaned_data["replace"]
    return services.start_draft(document, name=form.name, replace=replace, acting_user=user, now=now)


def _explain(form: ImportForm, refused: Refused) -> None:
    """Say at the field that brought the document what is wrong with it, and where in it."""
    form.add_error(form.source, ValidationError(problems_told(refused, _sentence)))


def _sentence(problem: Problem) -> str:
    return f"{problem.pointer.removeprefix('/files/0')}: {translated(problem.detail)}".removeprefix(": ")


@require_safe
@workspace_page("models:read")
def model(request: HttpRequest, pk: UUID, number: int | None = None) -> HttpResponse:
    """A resilience model by one of its versions: the one asked for, else the current one, else the draft."""
    resilience_model, user = _model_or_404(request, pk), user_of(request)
    versions = list(resilience_model.versions.defer("document").order_by("-number"))
    chosen = _chosen(resilience_model, versions, number)
    if chosen is None:
        return render(request, "errors/404.html", status=404)
    content = services.parsed(chosen)
    language = get_language() or content.language
    page = {
        "model": resilience_model,
        "title": content.title(language),
        "description": content.text(content.description, language),
        "versions": versions,
        "version": chosen,
        "outline": reading.outline(content, language),
        "facts": reading.facts(content),
        "content": content,
        "golden": services.golden_of(chosen),
        "doubts": services.doubts_of(content),
        "crumbs": [_models_crumb()],
        "may_publish": user.has_perm("models:publish", resilience_model),
        "may_change": authz.somewhere(user, "models:create") and user.has_perm("models:update", resilience_model),
        "may_retire": user.has_perm("models:retire", resilience_model),
        "replaced_by": services.replaced_by(chosen),
        "questions": reading.questionnaire(content, language),
        "bands": reading.bands(content, language),
        **_references(request, chosen, content),
    }
    return render(request, "models/detail.html", page)


def _references(request: HttpRequest, version: ModelVersion, content: Model) -> dict[str, Any]:
    """What the page shows of reference sets: nothing where the version has no use for any, or the user may not see."""
    user = user_of(request)
    has_use = content.relative and version.state != ModelVersion.State.DRAFT
    if not has_use or not authz.somewhere(user, "assessments:read"):
        return {}
    of_version = ReferenceSet.objects.with_use().filter(version=version).defer("units")
    seen = authz.visible(of_version, user, "assessments:read")
    ranking = services.ranking_node(content)
    can_freeze = version.state == ModelVersion.State.PUBLISHED and ranking is None
    return {
        "references": Paginator(seen.order_by("-pk"), PAGE).get_page(request.GET.get("page")),
        "ranking": ranking and ranking.title(get_language() or content.language, content.language),
        "may_freeze": can_freeze and authz.somewhere(user, "assessments:create"),
    }


def _chosen(found: ResilienceModel, versions: list[ModelVersion], number: int | None) -> ModelVersion | None:
    if number is not None:
        return next((one for one in versions if one.number == number), None)
    current = next((one for one in versions if one.pk == found.current_version_id), None)
    return current or next(iter(versions), None)


@require_safe
@workspace_page("models:read")
def document(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """The version's document as a file."""
    version = get_object_or_404(ModelVersion, model=_model_or_404(request, pk), number=number)
    response = JsonResponse(version.document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    name = f"{version.document['code']}-{version.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@workspace_page("models:publish")
def publish(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    done = _("Version %d is published. It can be used in campaigns and never changes.")
    return _change(request, pk, number, "models:publish", services.publish_version, done)


@require_POST
@workspace_page("models:retire")
def retire(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    done = _("Version %d is retired. Whatever already uses it stays.")
    return _change(request, pk, number, "models:retire", services.retire_version, done)


def _change(
    request: HttpRequest, pk: UUID, number: int, permission: str, service: Callable[..., ModelVersion], done: str
) -> HttpResponse:
    version = get_object_or_404(ModelVersion, model=_model_or_404(request, pk, permission), number=number)
    with errors_as_messages(request):
        service(version, acting_user=user_of(request), now=timezone.now())
        messages.success(request, done % number)
    return redirect("models:version", pk, number)


def _model_or_404(request: HttpRequest, pk: UUID, permission: str = "models:read") -> ResilienceModel:
    return get_object_or_404(authz.visible(ResilienceModel.objects.all(), user_of(request), permission), pk=pk)


def _models_crumb() -> dict[str, str]:
    return crumb(_("Models"), "models:list")
