from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from apps.core import roles
from apps.core.api.raw_lists import UUID_PATTERN
from apps.elicitation.api.elicitations import ElicitationView
from apps.elicitation.api.experts import ExpertView, JudgementView

role = roles.CORE_API
WITHIN = f"weight-elicitations/(?P<elicitation>{UUID_PATTERN})"

router = SimpleRouter()
router.register("weight-elicitations", ElicitationView, basename="weight-elicitations")
router.register(f"{WITHIN}/experts", ExpertView, basename="experts")
router.register(f"{WITHIN}/judgements", JudgementView, basename="judgements")

urlpatterns: list[URLPattern | URLResolver] = router.urls
