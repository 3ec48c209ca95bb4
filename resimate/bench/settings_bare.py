"""Django with nothing around the view: no middleware, the stock database backend on one tenant's schema."""

from resimate import settings
from resimate.settings import *  # noqa: F403

MIDDLEWARE = list[str]()  # nothing around the view
ROOT_URLCONF = "resimate.bench.bare"
DATABASES = {
    "default": {
        **settings.DATABASES["owner"],
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {**settings.DATABASES["default"]["OPTIONS"], "options": "-c search_path=acme,public"},
    }
}
DATABASES["owner"] = DATABASES["default"]
