"""The database of `postgres-cnpg`: what it is begun with is run by a PostgreSQL, and where its members are put."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from resimate.tests.database import SERVERS, url_of, worker_number
from resimate.tests.kubernetes import manifests

pytestmark = pytest.mark.requirement("DB-001", "K8S-001")
OVERLAYS = ("testing", "onprem")
PASSWORD = "of-a-test"


@pytest.fixture
def begun() -> Iterator[str]:
    """A database that the statements were run in, as the operator runs them; its roles have names of their own."""
    mine = f"begun{worker_number()}"
    spec = manifests.named("onprem", "Cluster", "resimate-database")["spec"]
    statements = [
        re.sub(r"\bresimate\b|\bresimate_(?=app|owner)", lambda one: str(one[0]).replace("resimate", mine), text)
        for text in spec["bootstrap"]["initdb"]["postInitApplicationSQL"]
    ]
    with psycopg.connect(SERVERS.superuser_url, autocommit=True) as server:
        _remove(server, mine)
        server.execute(f"CREATE ROLE {mine}_owner LOGIN")
        server.execute(f"CREATE DATABASE {mine} OWNER {mine}_owner TEMPLATE template0")
        with psycopg.connect(url_of(SERVERS.superuser_url, mine), autocommit=True) as inside:
            for text in statements:
                inside.execute(text)
        # What `managed` says of it, from a secret.
        (role,) = spec["managed"]["roles"]
        assert (role["name"], role["login"], role["inherit"]) == ("resimate_app", True, False)
        server.execute(f"ALTER ROLE {mine}_app LOGIN NOINHERIT PASSWORD '{PASSWORD}'")
        yield mine
        _remove(server, mine)


def _remove(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    for role in ("app", "owner"):
        server.execute(f"DROP ROLE IF EXISTS {name}_{role}")


def test_the_application_may_connect_and_others_may_not(begun: str) -> None:
    parts = urlsplit(url_of(SERVERS.app_url, begun))
    url = parts._replace(netloc=f"{begun}_app:{PASSWORD}@{parts.hostname}:{parts.port}").geturl()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (f"{begun}_app",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (one int)")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(url_of(SERVERS.app_url, begun))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_its_members_are_on_different_nodes_also_where_there_is_one_zone(overlay: str) -> None:
    """Labels of zones that lack would let all three lie on one node, or keep two from starting."""
    affinity = manifests.named(overlay, "Cluster", "resimate-database")["spec"]["affinity"]

    assert (affinity["podAntiAffinityType"], affinity["topologyKey"]) == ("preferred", "topology.kubernetes.io/zone")
    (always,) = affinity["additionalPodAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert always["topologyKey"] == "kubernetes.io/hostname"
    assert always["labelSelector"] == {"matchLabels": {"cnpg.io/cluster": "resimate-database"}}


@pytest.mark.parametrize("overlay", [one for one in manifests.OVERLAYS if one != "production-second"])
def test_the_migration_waits_for_it_and_keeps_the_log_of_what_failed(overlay: str) -> None:
    spec = manifests.named(overlay, "Job", "resimate-migrate")["spec"]
    *_, option, seconds = spec["template"]["spec"]["containers"][0]["command"]

    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert (option, 0 < int(seconds) < spec["activeDeadlineSeconds"]) == ("--wait", True)
