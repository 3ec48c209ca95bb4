"""The test suite's fixtures: tests run in the tenant ``acme`` unless they say otherwise; ``beta`` is the other one."""

import gc
import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from resimate import catalogues
from resimate.tests.database import (
    CLUSTER,
    IMAGE,
    LOAD,
    NOW,
    OLD_POSTGRES,
    SERVERS,
    THOROUGH,
    drop_database,
    make_database,
    worker_number,
)


def pytest_configure() -> None:
    """Read the settings now that the servers' addresses are known; pytest-django then sets Django up."""
    from django.conf import settings

    catalogues.compile_all()
    assert settings.SERVERS_KNOWN
    settings.PASSWORD_HASHERS = ["apps.accounts.tests.hashers.QuickHasher"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker must not inherit whose settings to read: it would read them before it knows which Redis is its own."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from resimate.tests.scheduling import OneProduct, PropertiesApart

    if config.getvalue("dist") != "loadfile":
        return None
    return PropertiesApart(config, log) if THOROUGH else OneProduct(config, log)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Modules without an example hold no test: importing them all to see that is a third of the collection."""
    if collection_path.suffix != ".py" or collection_path.name.startswith(("test_", "conftest")):
        return None
    return b">>> " not in collection_path.read_bytes() or None


def pytest_collection_finish() -> None:
    """What was collected stays: looking through it for garbage again and again would take a good part of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure() -> None:
    SERVERS.stop()


@pytest.hookimpl(tryfirst=True)  # before `-m` looks for its markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if _does_more(item):
            item.add_marker("widened")
        if _uses_product(item):
            item.add_marker("thorough")
        _skip_what_is_not_asked_for(item)
    if OLD_POSTGRES:
        _keep_one_of_each(config, items)
    items.sort(key=_is_short)  # the long ones first: where several processes share them, short ones fill the gaps


def _skip_what_is_not_asked_for(item: pytest.Item) -> None:
    # A guard may be noticed by a long test alone.
    is_long_wanted = THOROUGH or "RESIMATE_GUARDS" in os.environ
    apart = {
        "load": (LOAD, "measures under load: runs in `make load`"),
        "image": (IMAGE, "of the built image: runs in `make image`"),
        "cluster": (CLUSTER, "starts a control plane: runs in `make cluster`"),
        "thorough": (is_long_wanted, "long: runs in `make thorough`"),
    }
    marked = next((name for name in apart if item.get_closest_marker(name)), None)
    if marked and not apart[marked][0]:
        item.add_marker(pytest.mark.skip(reason=apart[marked][1]))


def _keep_one_of_each(config: pytest.Config, items: list[Any]) -> None:
    """Of what speaks SQL, with the first of its parameters: with the others it sends the same statements."""
    first = dict[str, Any]()
    for item in items:
        if _speaks_sql(item) and not item.get_closest_marker("thorough"):
            first.setdefault(item.nodeid.partition("[")[0], item)
    config.hook.pytest_deselected(items=[item for item in items if item not in first.values()])
    items[:] = first.values()


def _speaks_sql(item: Any) -> bool:
    return "django_db_setup" in item.fixturenames or item.get_closest_marker("django_db") is not None


def _is_short(item: Any) -> bool:
    """Neither uses a running product nor tries a property on many examples."""
    return not _uses_product(item) and not _is_property(item)


def _uses_product(item: Any) -> bool:
    """Starts it, this one or an earlier one: that alone takes a minute, and most who do open a browser as well."""
    return bool({"product", "own_product", "earlier"} & set(item.fixturenames))


def _does_more(item: Any) -> bool:
    """Does more where ``THOROUGH``: by what its module says, or with more examples of its property."""
    return hasattr(getattr(item, "module", None), "THOROUGH") or _is_property(item)


def _is_property(item: Any) -> bool:
    return hasattr(getattr(item, "obj", None), "hypothesis")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    from django.conf import settings
    from django.db import connections

    name = f"test_{os.getpid()}_{worker_number()}"
    make_database(name)
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
            settings.DATABASES[alias]["NAME"] = name
            connections[alias].settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
    drop_database(name)


@pytest.fixture(autouse=True)
def _public_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test begins and ends in the public schema, with nothing remembered from the one before."""
    from django.core.cache import cache
    from django.db import connections

    from apps.core import degraded
    from apps.core.memory import forget_all

    def forget() -> None:
        for alias in ("default", "owner"):
            connections[alias].set_schema_to_public()  # type: ignore[attr-defined]  # django-tenants adds it
        forget_all()
        # The suite has no worker; who tests that it is missing looks for itself.
        degraded.WATCH.found, degraded.WATCH.until = (), float("inf")

    forget()
    cache.clear()
    yield
    forget()


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_once() -> None:
    """Every browser of a test loads the middleware anew; the files that it serves stay what they are."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, found = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def look_once(middleware: Any) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = look_once


@pytest.fixture(scope="session", autouse=True)
def _documents_are_held_to_their_schema_once() -> Iterator[None]:
    """Stories import the same few documents again and again; what the schema says of a document stays the same."""
    from resimate_engine.document.parsing import _violations as look

    well = set[bytes]()

    def look_once(document: Any) -> Iterator[Any]:
        digest, problem = hashlib.sha256(repr(document).encode(errors="surrogatepass")).digest(), None
        if digest not in well:
            for problem in look(document):
                yield problem
            if problem is None:
                well.add(digest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("resimate_engine.document.parsing._violations", look_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _events_carry_what_is_declared() -> None:
    """The product trusts itself; the tests look at every event that they publish."""
    from apps.core import event_types, events

    events.inspect_with(event_types.check)


@pytest.fixture(scope="session", autouse=True)
def _entries_are_of_what_is_declared() -> None:
    """So they do at every entry of the trail. ``thing`` is what tests record of nothing in particular."""
    from apps.audit import kinds, services

    kinds.declare("thing", kinds.Category.DATA, "done", "undone", "tried")
    services.inspect_with(kinds.check)


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def acme(db: None) -> Iterator[Any]:
    """The tenant in which a test works."""
    from django_tenants.utils import tenant_context

    from apps.tenants.models import Tenant

    tenant = Tenant.objects.get(slug="acme")
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def beta(db: None) -> Any:
    """The other tenant, which must never be seen from the first."""
    from django_tenants.utils import schema_context

    from apps.tenants.models import Tenant

    with schema_context("public"):
        return Tenant.objects.get(slug="beta")
