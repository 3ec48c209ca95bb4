"""The product's settings with the probe's address instead of the portal's."""

import os

from resimate import settings
from resimate.settings import *  # noqa: F403

ROOT_URLCONF = "resimate.tests.isolation.probe"
ENGINE = "resimate.tests.isolation.broken" if os.environ.get("BREAK_THE_BACKEND") else "apps.tenants.backend"
DATABASES = {**settings.DATABASES, "default": {**settings.DATABASES["default"], "ENGINE": ENGINE}}
