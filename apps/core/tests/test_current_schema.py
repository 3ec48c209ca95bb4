from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django_tenants.utils import schema_context

from apps.core.tenancy import current_schema


def elsewhere(work: Callable[[], str]) -> str:
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(work).result()


def on_another_connection() -> str:
    assert current_schema() == "public"  # this thread has a connection now
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    other.set_schema("north")  # type: ignore[attr-defined]  # django-tenants adds it
    connections[DEFAULT_DB_ALIAS] = other
    return current_schema()


def test_each_thread_is_in_the_schema_of_its_own_connection() -> None:
    with schema_context("acme"):
        assert (current_schema(), elsewhere(current_schema), current_schema()) == ("acme", "public", "acme")


def test_a_connection_that_takes_the_place_of_another_is_asked() -> None:
    with schema_context("acme"):
        assert (elsewhere(on_another_connection), current_schema()) == ("north", "acme")


def test_a_copy_of_the_connection_changes_nothing() -> None:
    with schema_context("acme"):
        connection.copy()
        assert current_schema() == "acme"
