"""Ana asks Bo and Cy how much the parts of a draft should weigh. Imports wait until a fixture runs."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from apps.models.tests.conftest import ada, api_of, make_user, narrow  # noqa: F401  fixtures

if TYPE_CHECKING:
    from django.test import Client

    from apps.accounts.models import User
    from apps.elicitation.models import Expert, WeightElicitation
    from apps.models.models import ModelVersion
    from apps.models.tests.conftest import Api


@pytest.fixture
def ana(acme: Any, make_user: Any) -> "User":  # noqa: F811  the fixture
    """A model analyst of acme."""
    return make_user("ana@acme.example", "model_analyst")


@pytest.fixture
def draft(ana: "User", now: datetime) -> "ModelVersion":
    from apps.elicitation.tests.story import DOCUMENT
    from apps.models.services import import_document

    return import_document(DOCUMENT, acting_user=ana, now=now)


@pytest.fixture
def make(draft: "ModelVersion", ana: "User", now: datetime) -> "Callable[..., WeightElicitation]":
    """Make a draft elicitation that asks Bo and Cy about the root and the plans."""
    from apps.elicitation import services
    from apps.elicitation.tests.story import BO, CY

    def made(method: str, nodes: tuple[str, ...] = ("all", "plans")) -> "WeightElicitation":
        elicitation = services.create_elicitation(
            name="What matters", version=draft, method=method, nodes=nodes, acting_user=ana, now=now
        )
        services.add_experts(elicitation, [BO, CY], acting_user=ana, now=now)
        return elicitation

    return made


@pytest.fixture
def budget(make: Any, ana: "User", now: datetime) -> "WeightElicitation":
    """An open elicitation by budgets."""
    from apps.elicitation import services

    return services.open_elicitation(make("budget_allocation"), acting_user=ana, now=now)


@pytest.fixture
def pairs(make: Any, ana: "User", now: datetime) -> "WeightElicitation":
    """An open elicitation by pairs."""
    from apps.elicitation import services

    return services.open_elicitation(make("ahp"), acting_user=ana, now=now)


@pytest.fixture
def visitor(acme: Any) -> "Client":
    """A browser in which nobody is signed in; it checks CSRF tokens as a real one would have to send them."""
    from django.test import Client

    return Client(headers={"host": "acme.localhost"}, enforce_csrf_checks=True)


@pytest.fixture
def staff(ana: "User") -> "Client":
    """Ana's browser."""
    from django.test import Client

    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(ana)
    return browser


@pytest.fixture
def api(ana: "User", api_of: Any) -> "Api":  # noqa: F811  the fixture
    return api_of(ana)


@pytest.fixture
def link() -> "Callable[[Expert], str]":
    """The path of an expert's personal link."""
    from apps.elicitation import links

    return lambda expert: f"/e/{links.token_for(expert)}/"
