"""What an app counts stands beside the app, and is there as soon as the app is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

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
METRICS = 'from prometheus_client import Counter\nTOYS = Counter("toys_total", "Toys", [])\n'
START = """
from resimate import settings
settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "toy"]
import django
django.setup()
from prometheus_client import REGISTRY
print("toys_total" in REGISTRY._names_to_collectors)
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
    (toy / "__init__.py").touch()
    (toy / "metrics.py").write_text(METRICS, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}

    found = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert found.stdout.split() == ["True"], found.stderr
