"""The pages for who writes programs: their samples are run against the API, their tables are what holds."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from apps.accounts import services as accounts
from apps.configuration import throttling
from apps.configuration.registry import KEYS
from apps.models.tests.conftest import Api, make_user  # noqa: F401  a fixture
from apps.oauth import services as oauth
from apps.oauth.tests.conftest import VERIFIER, Program

pytestmark = pytest.mark.requirement("SEC-001", "CMS-001")

DOCS = Path(__file__).parents[2] / "docs"
#: By the language of a block: the file that it becomes, and what runs that.
TOOLS = {
    "sh": ("sample.sh", ["bash", "-eu"]),
    "python": ("sample.py", [sys.executable]),
    "ts": ("sample.mjs", ["node"]),
    "go": ("sample.go", ["go", "run"]),
}
SLOW = pytest.mark.thorough


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shared(acme: Any) -> Iterator[dict[str, Any]]:
    """The connections of this test, for a thread beside it, which neither ends nor renews them."""
    ends, shared = (signals.request_started, signals.request_finished), {one: connections[one] for one in connections}
    for connection in shared.values():
        connection.inc_thread_sharing()
    for end in ends:
        end.disconnect(close_old_connections)
    yield shared
    for end in ends:
        end.connect(close_old_connections)
    for connection in shared.values():
        connection.dec_thread_sharing()


@pytest.fixture
def address(shared: dict[str, Any]) -> Iterator[str]:
    """Where acme's API is served by HTTP, in this test's transaction; these tools find no ``acme.localhost``."""
    product = WSGIHandler()

    def application(environ: dict[str, Any], start: Any) -> Any:
        return product({**environ, "HTTP_HOST": "acme.localhost"}, start)

    def serve() -> None:
        for alias, connection in shared.items():
            connections[alias] = connection
        server.serve_forever(poll_interval=0.01)

    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def key(acme: Any, make_user: Any) -> str:  # noqa: F811  the fixture
    user = make_user("program@acme.example", "model_analyst")
    wanted = ["subjects:tenant:manage", "models:tenant:read"]
    return accounts.create_api_key(user, name="sample", permissions=wanted, now=timezone.now())[1]


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.S)


def _run(page: str, language: str, folder: Path, mark: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    name, command = TOOLS[language]
    if shutil.which(command[0]) is None:
        missing = f"{command[0]} is not installed"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    [sample] = _blocks(page, f"{language}{mark}")
    (folder / name).write_text(sample)
    return subprocess.run(
        [*command, name], cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize("language", ["sh", "python", *(pytest.param(one, marks=SLOW) for one in ("ts", "go"))])
def test_a_sample_writes_once_in_each_language(language: str, address: str, key: str, tmp_path: Path) -> None:
    told = _blocks("authentication.md", "text")[-1]

    ran = _run("authentication.md", language, tmp_path, RESIMATE_URL=address, RESIMATE_KEY=key)

    assert (ran.stdout, ran.stderr, ran.returncode) == (told, "", 0)


@pytest.fixture
def consented(acme: Any, make_user: Any) -> dict[str, str]:  # noqa: F811  the fixture
    """What an application has once somebody has let it in. Before ``address``: this browser renews connections."""
    back, browser = "https://app.example/back", Client(headers={"host": "acme.localhost"})
    browser.force_login(make_user("ada@acme.example", "model_analyst"))
    application, _ = oauth.register_application(
        "Sample", redirect_uris=[back], scopes=["models:tenant:read"], acting_user=None, now=timezone.now()
    )
    return {
        "RESIMATE_CLIENT": application.client_id,
        "RESIMATE_CODE": Program(application).let_in(browser)["code"],
        "RESIMATE_VERIFIER": VERIFIER,
        "RESIMATE_BACK": back,
    }


@pytest.mark.parametrize("language", ["python", *(pytest.param(one, marks=SLOW) for one in ("sh", "ts", "go"))])
def test_a_sample_goes_the_way_of_oauth(language: str, consented: dict[str, str], address: str, tmp_path: Path) -> None:
    ran = _run("authentication.md", language, tmp_path, " oauth", RESIMATE_URL=address, **consented)

    assert (ran.stdout, ran.stderr, ran.returncode) == (_blocks("authentication.md", "text")[-2], "", 0)


def _refuse(times: int, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limit be used up for the first requests, and its hour end after so many seconds."""
    count, refused = throttling.COUNTER.count, iter(range(times))

    def counted(key: str, *, draw: int) -> int | None:
        used_up = key.startswith("rate:") and next(refused, None) is not None
        return 10**9 if used_up else count(key, draw=draw)

    monkeypatch.setattr(throttling.COUNTER, "count", counted)
    monkeypatch.setattr(throttling.GroupThrottle, "wait", lambda _: seconds)


@pytest.mark.parametrize("language", ["python", *(pytest.param(one, marks=SLOW) for one in ("sh", "ts", "go"))])
def test_a_sample_waits_as_it_is_told(
    language: str, address: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(1, 1, monkeypatch)

    ran = _run("rate-limits.md", language, tmp_path, RESIMATE_URL=address, RESIMATE_KEY=key)

    assert (ran.stdout.strip(), ran.returncode) == ("0", 0)


@pytest.mark.parametrize("language", ["python", *(pytest.param(one, marks=SLOW) for one in ("sh", "ts", "go"))])
def test_a_sample_gives_up_rather_than_to_wait_for_an_hour(
    language: str, address: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(1, 1800, monkeypatch)

    ran = _run("rate-limits.md", language, tmp_path, RESIMATE_URL=address, RESIMATE_KEY=key)

    assert (ran.stdout, ran.returncode) == ("", 1)


def test_the_problem_that_is_shown_is_the_one_that_is_answered(acme: Any) -> None:
    [shown] = map(json.loads, _blocks("authentication.md", "json"))

    answer = Api("rsk_live_wrong").get("subjects/").json()

    assert len(answer.pop("trace_id")) == len(shown.pop("trace_id"))
    assert shown == answer


def _views(resolver: URLResolver, so_far: str = "") -> Iterator[tuple[str, Any]]:
    for one in resolver.url_patterns:
        path = so_far + str(one.pattern).lstrip("^")
        if isinstance(one, URLPattern):
            yield path, getattr(one.callback, "cls", None) or getattr(one.callback, "view_class", None)
        else:
            yield from _views(one, path)


def test_the_table_of_limits_is_what_is_declared() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| ([\d,]+) \|$", (DOCS / "rate-limits.md").read_text(), re.M)
    told = {group: int(limit.replace(",", "")) for group, _, limit in rows}
    groups: dict[str, set[str]] = {}
    for path, view in _views(get_resolver("resimate.urls.tenant")):
        if path.startswith("api/v1/") and hasattr(view, "throttle_group"):
            groups.setdefault(view.throttle_group, set()).add(path.split("/")[2])

    assert told == {key.removeprefix("api.rate."): KEYS[key].default for key in KEYS if key.startswith("api.rate.")}
    assert groups.keys() == told.keys()
    for group, listed, _ in rows:
        assert group == "default" or set(re.findall(r"`([\w-]+)`", listed)) == groups[group]
