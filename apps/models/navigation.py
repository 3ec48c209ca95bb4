"""Where models and subjects stand in the navigation."""

from django.utils.translation import gettext_lazy as _

from apps.core.navigation import declare

MODELS = declare("models", _("Models"), place=20)
SUBJECTS = declare("subjects", _("Subjects"), place=30)
SUBJECTS.holds("assessments")
