"""The rules that hold for every address are tested on all of them, by the program of an administrator of acme."""

from typing import Any

import pytest
from django.utils import timezone

from apps.models.tests.conftest import (  # noqa: F401  fixtures
    Api,
    api_of,
    assessment,
    beta_api,
    harbour,
    hdi,
    make_user,
    publish,
    survey,
)


@pytest.fixture
def api(ada: Any) -> Api:
    """Her program: the key names what is apart, since no other gives it."""
    from apps.accounts import services

    scopes = ["tenant:*:manage", "keys:tenant:manage"]
    return Api(services.create_api_key(ada, name="tests", permissions=scopes, now=timezone.now())[1])


@pytest.fixture
def ada(acme: Any, make_user: Any) -> Any:  # noqa: F811  the fixture
    """An administrator of acme, who looks after its keys as well: of these, administrators alone see nothing."""
    from apps.accounts import services
    from apps.accounts.models import Role

    user = make_user("ada@acme.example", "tenant_admin")
    custodian = Role.objects.get(code="key_custodian")
    services.grant_role(user, custodian, acting_user=None, now=timezone.now())
    return user
