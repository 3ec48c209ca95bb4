"""That there is something to assess, and a model to assess it by."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.beginning import declare
from apps.models.models import ModelVersion, Subject

declare(
    "model",
    _("Publish a resilience model"),
    _("Take a ready-made one or build your own. A campaign asks its questions."),
    lambda: reverse("models:list"),
    lambda: ModelVersion.objects.exclude(state=ModelVersion.State.DRAFT).exists(),
    place=30,
)
declare(
    "subject",
    _("Add what is assessed"),
    _("An organisation, a city, a community, or a part of one."),
    lambda: reverse("models:create-subject"),
    lambda: Subject.objects.exists(),
    place=40,
)
