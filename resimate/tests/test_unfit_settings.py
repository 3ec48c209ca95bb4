"""What the installation sets of security has to fit before anything is served."""

from pathlib import Path

import pytest
from django.core.checks import Error, Warning
from django.test import override_settings

from apps.configuration.environment import ENVIRONMENT
from resimate.checks import refuse_unfit_settings


@pytest.mark.requirement("ENV-002")
@pytest.mark.parametrize(
    ("name", "text", "kinds"),
    [
        ("session.idle_minutes", "ten", [Error]),
        ("password.least_length", "8", [Error]),
        ("results.least_people", "4", [Error]),
        ("results.least_people", "7", []),
        ("api.rate.default", "many", [Warning]),
        ("no.such", "1", [Warning]),
    ],
)
def test_a_file_that_does_not_fit_is_refused_where_it_is_security(
    tmp_path: Path, name: str, text: str, kinds: list[type]
) -> None:
    (tmp_path / name).write_text(text)
    with override_settings(CONFIG_DIR=str(tmp_path)):
        ENVIRONMENT.forget()

        assert [type(one) for one in refuse_unfit_settings()] == kinds
