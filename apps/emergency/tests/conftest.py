"""People of a tenant, as accounts have them; imports wait until a fixture runs."""

from apps.accounts.tests.conftest import *  # noqa: F403  the people
