"""The rules that hold for every address are tested on all of them, by the program of an administrator of acme."""

from apps.models.tests.conftest import (  # noqa: F401  fixtures
    ada,
    api,
    api_of,
    assessment,
    beta_api,
    harbour,
    hdi,
    make_user,
    publish,
    survey,
)
