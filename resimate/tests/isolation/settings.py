"""The product's settings with the probe's address instead of the portal's."""

import os

from resimate.settings import *  # noqa: F403
from resimate.settings import DATABASES

ROOT_URLCONF = "resimate.tests.isolation.probe"
if os.environ.get("BREAK_THE_BACKEND"):
    DATABASES["default"]["ENGINE"] = "resimate.tests.isolation.broken"
