"""`manage.py keys`, called by tests."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command


def run(*arguments: str) -> Any:
    """The answer in JSON of a command that ends well."""
    out = io.StringIO()
    call_command("keys", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(*arguments: str) -> tuple[int, Any, str]:
    """The exit code, the answer in JSON and the sentence of one that does not."""
    out, told = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("keys", *arguments, "--json", stdout=out, stderr=told)
    return int(ended.value.code or 0), json.loads(out.getvalue()), told.getvalue().strip()
