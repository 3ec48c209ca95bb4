"""What an app counts and lets be set stands in the app, and is there as soon as the app is installed."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from prometheus_client import REGISTRY

from apps.configuration.registry import KEYS
from resimate.tests.api.addresses import views
from resimate.tests.sources import ROOT

#: By app: the name of a metric, its text and its labels.
PUBLISHED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "apps.accounts": {"resimate_sign_ins": ("Attempts to sign in", ("outcome",))},
    "apps.models": {
        "resimate_scores": ("Scores calculated", ("outcome",)),
        "resimate_score_seconds": ("Time to score and store one assessment", ()),
        "resimate_version_verifications": ("Golden vectors calculated again", ("outcome",)),
    },
    "apps.notifications": {"resimate_messages": ("Messages handed over", ("channel", "outcome"))},
    "apps.outbound": {
        "resimate_outbound_calls": ("Calls to addresses outside", ("purpose", "outcome")),
        "resimate_outbound_call_seconds": ("Time for a call to an address outside", ("purpose",)),
        "resimate_outbound_turns": ("Destinations that were shut and opened again", ("purpose", "turn")),
    },
}
#: What a new app says of itself, each in the module where every app says it. Its personal links would stand in
#: ``links.py``, beside the people whose they are.
SAID = {
    "__init__.py": "",
    "metrics.py": """
from prometheus_client import Counter
TOYS = Counter("toys_total", "Toys that were made", [])
""",
    "settings_keys.py": """
from apps.configuration.registry import declare_rate
declare_rate("toys", 7, "Requests an hour and user to toys.")
""",
    "messages.py": """
from apps.notifications.kinds import declare
declare("toy", texts="toy/toy", purpose="toys")
""",
    "channels.py": """
from apps.notifications.channels.base import declare
from apps.notifications.tests.fake_channel import FakeChannel
declare(FakeChannel())
""",
    "events.py": """
from apps.core.event_types import ID, declare
declare("toy.made", "There is a new toy.", {"toy_id": ID})
""",
    "permissions.py": """
from apps.core.rights import declare, declare_role, declare_scope, grant
from apps.models.permissions import ANALYST
declare("toys", "Toys.", "read", "mend")
declare_scope("box", "the toys of one box", of_one="toys.Box")
grant(declare_role("keeper", "Keeper of toys", "Keeps toys."), "toys:box:mend")
grant(ANALYST, "toys:tenant:read")
""",
    "audit_kinds.py": """
from apps.audit.kinds import Category, declare
declare("toy", Category.ADMINISTRATION, "made", "broken")
""",
    "readiness.py": """
from django.utils.translation import gettext_lazy
from apps.core.parts import Answer, declare
words = gettext_lazy("The toy box is shut: nobody can play.")
declare("toy_box", lambda: Answer("shut", is_well=False), mend="open the toy box", away=words)
""",
    "navigation.py": """
from django.utils.translation import gettext_lazy
from apps.core.navigation import declare
from apps.models.navigation import SUBJECTS
declare("toys", gettext_lazy("Toys"), place=15)
SUBJECTS.holds("boxes")
""",
    "keeping.py": """
from apps.core.memory import forgets
known = ["toy"]
@forgets
def forget():
    known.clear()
""",
}
START = """
import json, sys
from resimate import settings
settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "toy"]
import django
django.setup()
from prometheus_client import REGISTRY
from apps.accounts.lines import Permission
from apps.audit import kinds
from apps.configuration.registry import KEYS
from resimate.tests.api.addresses import views
from apps.core import degraded, event_types, memory, navigation, rights
from apps.core.observability.health import READINESS
from apps.notifications.channels.base import CHANNELS
from apps.notifications.kinds import KINDS
from resimate import registries
from resimate.management.commands.doctor import examine
from toy import keeping
memory.forget_all()
kinds.check("toy.broken")
json.dump({
    "metric": "toys_total" in REGISTRY._names_to_collectors,
    "rate": KEYS["api.rate.toys"].default,
    "message": KINDS["toy"].purpose,
    "channels": sorted(CHANNELS),
    "event": event_types.DECLARED["toy.made"].about,
    "permission": Permission.parse("toys:box:mend").action,
    "analyst": "toys:tenant:read" in rights.ROLES["model_analyst"].permissions,
    "role": rights.ROLES["keeper"].permissions,
    "category": kinds.category_of("toy.broken"),
    "probe": READINESS.answer(named=True)[1]["dependencies"]["toy_box"]["up"],
    "page": [str(one) for one in degraded.WATCH.missing() if one.name == "toy_box"],
    "doctor": [[one.detail, one.mend] for one in examine() if one.what == "toy box"],
    "forgotten": keeping.known,
    "sections": [[one.path, one.further] for one in navigation.sections()],
    "documented": [line for line in registries.page().splitlines() if "toy" in line],
}, sys.stdout)
"""


@pytest.mark.requirement("MON-001")
def test_metrics_keep_the_names_texts_and_labels_that_dashboards_know() -> None:
    for metrics in PUBLISHED.values():
        for name, told in metrics.items():
            metric = REGISTRY._names_to_collectors[name]
            assert (metric._documentation, metric._labelnames) == told  # type: ignore[attr-defined]


def test_the_core_counts_nothing_of_the_apps_above_it() -> None:
    core = (ROOT / "apps/core/metrics.py").read_text(encoding="utf-8")
    for app, metrics in PUBLISHED.items():
        own = (ROOT / app.replace(".", "/") / "metrics.py").read_text(encoding="utf-8")
        assert all(name in own and name not in core for name in metrics)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process knows that starts with the toy among its apps."""
    folder = tmp_path_factory.mktemp("apps")
    (folder / "toy").mkdir()
    for name, text in SAID.items():
        (folder / "toy" / name).write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    started = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    return dict(json.loads(started.stdout))


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("metric", True),
        ("rate", 7),
        ("message", "toys"),
        ("channels", ["email", "fake", "sms"]),
        ("event", "There is a new toy."),
        ("permission", "mend"),
        ("analyst", True),
        ("role", ["toys:box:mend"]),
        ("category", "administration"),
        ("probe", False),
        ("page", ["The toy box is shut: nobody can play."]),
        ("doctor", [["shut", "open the toy box"]]),
        ("forgotten", []),
        (
            "sections",
            [
                *(["/", []], ["/campaigns/", []], ["/toys/", []]),
                *(["/models/", ["/elicitations/"]], ["/subjects/", ["/assessments/", "/boxes/"]], ["/emergency/", []]),
            ],
        ),
    ],
)
def test_an_app_that_is_added_says_its_own_and_no_other_file_changes(
    told: dict[str, Any], what: str, expected: Any
) -> None:
    assert told[what] == expected


@pytest.mark.parametrize(
    "said",
    [
        "| `toys` | Toys. | `mend`, `read` |",
        "| `box` | the toys of one box | to one object |",
        "| `keeper` | Keeper of toys | Keeps toys. | `toys:box:mend` |",
        "`toys:tenant:read` |",
        "| `toy` | administration | `broken`, `made` |",
        "| `toy.made` | 1 | There is a new toy. | yes |",
        "| `toy_box` |  | doctor, probes, pages | open the toy box |",
        "| `toys_total` | counter | Toys that were made |",
        "| `api.rate.toys` | `7` | Requests an hour and user to toys. |",
        "| `toy` | toys | email |",
        "| `toy.keeping.forget` |",
        "| `/toys/` | Toys |",
    ],
)
def test_the_page_of_registries_shows_what_an_app_more_says(told: dict[str, Any], said: str) -> None:
    assert [line for line in told["documented"] if said in line]


def test_the_registry_of_settings_names_no_key() -> None:
    registry = (ROOT / "apps/configuration/registry.py").read_text(encoding="utf-8")

    assert [key for key in KEYS if f'"{key}"' in registry] == []


def test_keys_are_declared_where_keys_are_declared() -> None:
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.glob("apps/**/*.py"))
        if path.name not in ("settings_keys.py", "registry.py") and "tests" not in path.parts
        if re.search(
            r"\b(registry\.declare|declare_rate)\b|configuration\.registry import .*declare", path.read_text("utf-8")
        )
    ]

    assert elsewhere == []


def test_every_view_of_the_api_names_a_declared_rate_group() -> None:
    """In its own folder, where whoever wants to count its requests apart looks for it."""
    shown = {view for method in ("GET", "POST", "PUT", "PATCH", "DELETE") for _, view in views(method)}
    said = {view: _group_said_beside(view) for view in shown}

    assert {"default", "models", "assessments", "calculations"} <= set(said.values())
    assert [view.__name__ for view, group in said.items() if f"api.rate.{group}" not in KEYS] == []


def _group_said_beside(view: type) -> str | None:
    folder = view.__module__.rpartition(".")[0] + "."
    beside = (vars(base).get("throttle_group") for base in view.__mro__ if base.__module__.startswith(folder))
    return next(filter(None, beside), None)
