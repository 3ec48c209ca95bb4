"""Parameters are bound by the server, and what is sent again is prepared; neither lets a tenant's statement stray."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django_tenants.utils import tenant_context

pytestmark = pytest.mark.requirement("DB-002")
OWN = "SELECT current_user || ' ' || current_schema() || %s"


def test_a_second_statement_is_refused(acme: Any) -> None:
    with pytest.raises(ProgrammingError, match="multiple commands"), connection.cursor() as cursor:
        cursor.execute("SELECT %s; SELECT set_config('role', 'none', false)", ["a"])


def test_a_prepared_statement_follows_the_tenant(acme: Any, beta: Any) -> None:
    answers = []
    for tenant in (acme, beta) * 4:
        with tenant_context(tenant), connection.cursor() as cursor:
            cursor.execute(OWN, ["!"])
            answers.append(cursor.fetchone()[0])

    assert answers == ["resimate_t_acme acme!", "resimate_t_beta beta!"] * 4
    assert _is_prepared(OWN.replace("%s", "$1"))


def _is_prepared(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = %s", [statement])
        return bool(cursor.fetchone()[0])
