"""What an app counts and lets be set stands in the app, and is there as soon as the app is installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from apps.configuration.registry import KEYS
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
}
SAID = {
    "__init__.py": "",
    "metrics.py": 'from prometheus_client import Counter\nTOYS = Counter("toys_total", "Toys", [])\n',
    "settings_keys.py": 'from apps.configuration.registry import declare_rate\ndeclare_rate("toys", 7, "Toys.")\n',
    "messages.py": "from apps.notifications.kinds import declare\ndeclare('toy', texts='toy/toy', purpose='toys')\n",
    "channels.py": (
        "from apps.notifications.channels.base import declare\n"
        "from apps.notifications.tests.fake_channel import FakeChannel\ndeclare(FakeChannel())\n"
    ),
}
START = """
from resimate import settings
settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "toy"]
import django
django.setup()
from prometheus_client import REGISTRY
from apps.configuration.registry import KEYS
from apps.notifications.channels.base import CHANNELS
from apps.notifications.kinds import KINDS
print("toys_total" in REGISTRY._names_to_collectors, KEYS["api.rate.toys"].default)
print(KINDS["toy"].purpose, "fake" in CHANNELS, "email" in CHANNELS)
"""


@pytest.mark.requirement("MON-001")
def test_metrics_keep_the_names_texts_and_labels_that_dashboards_know() -> None:
    for metrics in PUBLISHED.values():
        for name, told in metrics.items():
            metric = REGISTRY._names_to_collectors[name]
            assert (metric._documentation, metric._labelnames) == told  # type: ignore[attr-defined]


def test_the_core_counts_nothing_of_the_apps_above_it() -> None:
    core = (ROOT / "apps/core/observability/metrics.py").read_text(encoding="utf-8")
    for app, metrics in PUBLISHED.items():
        own = (ROOT / app.replace(".", "/") / "metrics.py").read_text(encoding="utf-8")
        assert all(name in own and name not in core for name in metrics)


def test_an_app_that_is_added_says_its_own_and_no_other_file_changes(tmp_path: Path) -> None:
    toy = tmp_path / "toy"
    toy.mkdir()
    for name, text in SAID.items():
        (toy / name).write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}

    found = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert found.stdout.split() == ["True", "7", "toys", "True", "True"], found.stderr


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


def test_every_rate_group_of_a_view_has_a_limit() -> None:
    groups = {
        group
        for path in ROOT.glob("apps/**/*.py")
        if "tests" not in path.parts
        for group in re.findall(r'^    throttle_group = "(\w+)"', path.read_text(encoding="utf-8"), re.M)
    }

    assert {"default", "models"} <= groups
    assert [group for group in sorted(groups) if f"api.rate.{group}" not in KEYS] == []
