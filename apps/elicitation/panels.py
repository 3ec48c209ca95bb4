"""What the page of a resilience model shows of elicitations."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.accounts import authz
from apps.core.panels import show_at
from apps.elicitation.models import WeightElicitation
from apps.models.models import ModelVersion

LATEST = 20


@show_at("models.version")
def elicitations_of(request: HttpRequest, version: ModelVersion) -> SafeString | None:
    """The elicitations of a version, and the way to a new one; nothing for who may not see them."""
    if not authz.somewhere(request.user, "weight-elicitations:read"):
        return None
    rows = authz.visible(WeightElicitation.objects.filter(version=version), request.user, "weight-elicitations:read")
    is_draft = version.state == ModelVersion.State.DRAFT
    page = {
        "elicitations": list(rows.with_counts().order_by("-pk")[:LATEST]),
        "version": version,
        "is_draft": is_draft,
        "may_create": is_draft and may_elicit(request, version),
    }
    if not page["elicitations"] and not is_draft:
        return None
    return render_to_string("elicitation/_panel.html", page, request)


def may_elicit(request: HttpRequest, version: ModelVersion) -> bool:
    """Whether the user may ask for weights of a draft: as who may change it."""
    user = request.user
    return authz.somewhere(user, "weight-elicitations:create") and authz.allows(user, "models:update", version.model)
