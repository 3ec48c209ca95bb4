import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resimate.settings")

application = get_wsgi_application()

from resimate import checks  # noqa: E402  Django has to be set up first

checks.stop_when_unfit()
