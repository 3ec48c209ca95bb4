"""Django with nothing around the view: no middleware, the stock database backend on one tenant's schema."""

from resimate.settings import *  # noqa: F403
from resimate.settings import DATABASES

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "resimate.bench.bare"
for _database in DATABASES.values():
    _database["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["USER"], DATABASES["default"]["PASSWORD"] = (
    DATABASES["owner"]["USER"],
    DATABASES["owner"]["PASSWORD"],
)
DATABASES["default"]["OPTIONS"]["options"] = "-c search_path=acme,public"
