"""What is wrong with this installation, or with the cluster it runs on, and how to mend it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.parts import PARTS, look
from resimate.cluster.places import PLACES

#: How a line begins, by what is so.
SIGNS = {"well": "ok  ", "short": "BAD ", "unknown": "?   "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` says what to do when it is not well."""

    what: str
    well: bool
    detail: str
    mend: str = ""


class Command(BaseCommand):
    help = "Look at every part of the installation; say what is wrong and how to mend it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--cluster", action="store_true", help="look at a cluster of Kubernetes instead")
        parser.add_argument(
            "--kubeconfig", default="", help="of the cluster; otherwise KUBECONFIG, or this pod's account"
        )
        parser.add_argument("--context", default="", help="of the kubeconfig; otherwise its current one")
        parser.add_argument(
            "--overlay", choices=PLACES, default="production", help="what is, or will be, applied there"
        )

    def handle(self, *args: Any, as_json: bool, cluster: bool, **options: Any) -> None:
        if cluster:
            self._look_at_cluster(options, as_json=as_json)
            return
        if options["kubeconfig"] or options["context"]:
            raise CommandError("--kubeconfig and --context say which cluster; give --cluster, too")
        self._look_here(as_json=as_json)

    def _look_here(self, *, as_json: bool) -> None:
        findings = list(examine())
        if as_json:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=1))
        else:
            for finding in findings:
                self.stdout.write(f"{'ok  ' if finding.well else 'BAD '} {finding.what:<22} {finding.detail}")
                if not finding.well:
                    self.stdout.write(f"{'':28}→ {finding.mend}")
        if not all(finding.well for finding in findings):
            raise SystemExit(1)

    def _look_at_cluster(self, options: dict[str, Any], *, as_json: bool) -> None:
        from resimate.cluster import asking, examining, kubeconfig  # reads YAML and calls: other commands do neither

        try:
            access = kubeconfig.access(options["kubeconfig"], options["context"])
        except kubeconfig.Unfit as unfit:
            raise CommandError(f"{unfit}.") from None
        found = []
        for one in examining.examine(asking.Cluster(access), PLACES[options["overlay"]]):
            found.append(one)
            if not as_json:
                self.stdout.write(f"{SIGNS[one.state]} {one.what:<22} {one.found}; asked: {one.asked}")
                self.stdout.write(f"{'':28}→ {one.mend}" if one.mend else "", ending="\n" if one.mend else "")
        if as_json:
            self.stdout.write(json.dumps([asdict(one) for one in found], indent=1))
        if any(one.state == "short" for one in found):
            raise SystemExit(1)


def examine() -> Iterator[Finding]:
    yield from _settings()
    if not settings.SERVERS_KNOWN:
        yield Finding("servers", False, "the embedded servers are not running", "start them with `make run`")
        return
    for name, state in look(PARTS.values()).items():
        mend = "see to the database: this part needs it" if state.waits else PARTS[name].mend
        yield Finding(name.replace("_", " "), state.up, state.detail, "" if state.up else mend)


def _settings() -> Iterator[Finding]:
    problems = checks.run_checks(include_deployment_checks=not settings.DEVELOPMENT)
    serious = [one for one in problems if one.level >= checks.WARNING and not one.is_silenced()]
    for problem in serious:
        yield Finding("settings", False, str(problem.msg).split("\n")[0], str(problem.hint or "set it as it says"))
    if not serious:
        yield Finding("settings", True, settings.ENVIRONMENT)
