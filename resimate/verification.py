"""What is shipped to run the product, how far each part of it was proved, when, and with what.

People write into ``verification.toml`` what is claimed and which tests show it; ``verification.json`` is what running
these gave (``manage.py verification``). The page is made of both, so nothing is called proved that was not run.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).parents[1]
CLAIMS: Final = ROOT / "resimate/verification.toml"
RECORD: Final = ROOT / "resimate/verification.json"
LEVELS: Final = {"R": "executed", "S": "by its schema, or simulated", "N": "not here"}
#: By the type of a package URL: where its version is pinned, and how it stands there.
PINNED: Final = {
    "pypi": ("requirements*.lock", r"^{name}==([^\s\\]+)"),
    "npm": ("scripts/npm-peers/package.json", r'"{name}": "([^"]+)"'),
    "golang": ("scripts/go-peers/*/go.mod", r"^(?:require )?\t?{name} (v\S+)"),
}
#: What may become of a test, worse ones last: what was skipped may have run elsewhere.
OUTCOMES: Final = ("skipped", "passed", "error", "failure")
SKIPPED, PASSED = OUTCOMES.index("skipped"), OUTCOMES.index("passed")
HEAD: Final = """# What was proved, and how far

What runs Resimate, part by part: **R** executed, **S** by its schema or simulated, **N** not here. A part is only
called proved where all its tests ran on the day that is named, and none was skipped. What is claimed is written in
`resimate/verification.toml`, and `manage.py verification build/reports/*.xml --write` puts on record what tests gave.
Generated: `manage.py docs verification --write`.
"""


class BadReport(Exception):
    """A file is no report of tests as JUnit writes it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``tests``: files or folders. ``tools``: package URLs without versions. ``left``: what it does not show."""

    part: str
    files: tuple[str, ...]
    claim: str
    level: str
    tests: tuple[str, ...] = ()
    command: str = ""
    tools: tuple[str, ...] = ()
    left: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What the tests of a claim gave: how many passed, and how many did not."""

    on: str
    passed: int
    others: int
    tools: tuple[str, ...] = ()

    @property
    def is_proof(self) -> bool:
        return self.passed > 0 and not self.others


def claims() -> list[Claim]:
    """Raises ``TypeError`` for a key that is none."""
    known = tomllib.loads(CLAIMS.read_text())["claim"]
    return [Claim(**{key: _hashable(value) for key, value in one.items()}) for one in known]


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def recorded() -> dict[str, Run]:
    known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return {part: Run(**{**one, "tools": tuple(one["tools"])}) for part, one in known.items()}


def runs(reports: Iterable[Path], of: Iterable[Claim]) -> dict[str, Run]:
    """What the reports say of each claim; of one of which nothing ran, nothing. Raises ``BadReport``.

    A test that one command leaves to another is skipped in one report alone.
    """
    came = dict[tuple[str, str], tuple[int, date]]()
    for report in reports:
        for test, outcome, on in _read(report):
            came[test] = max(came.get(test, (0, on)), (OUTCOMES.index(outcome), on))
    told = {}
    for claim in of:
        wanted = tuple(one.removesuffix(".py").replace("/", ".") for one in claim.tests)
        mine = [result for (module, _), result in came.items() if _is_within(module, wanted)]
        if any(outcome > SKIPPED for outcome, _ in mine):
            passed = sum(outcome == PASSED for outcome, _ in mine)
            on = min(on for _, on in mine)
            told[claim.part] = Run(str(on), passed, len(mine) - passed, tuple(map(version_of, claim.tools)))
    return told


def _is_within(module: str, places: Iterable[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def _read(report: Path) -> Iterator[tuple[tuple[str, str], str, date]]:
    """Each test by its module (and class) and name, what came of it, and on which day."""
    try:
        suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314  our own, as above
        if suite is None:
            raise BadReport(f"{report} is no report of tests.")
        on = datetime.fromisoformat(suite.attrib["timestamp"]).date()
    except (OSError, ET.ParseError, KeyError, ValueError) as error:
        raise BadReport(f"{report} is no report of tests: {error}.") from error
    for case in suite.iter("testcase"):
        yield (case.get("classname", ""), case.get("name", "")), _outcome(case), on


def _outcome(case: ET.Element) -> str:
    return next((one for one in OUTCOMES if case.find(one) is not None), "passed")


def version_of(tool: str) -> str:
    """``pypi:regopy`` → ``regopy 1.5.2``. Raises ``LookupError`` where nothing pins it."""
    kind, _, name = tool.partition(":")
    places, pattern = PINNED[kind]
    for path in sorted(ROOT.glob(places)):
        if found := re.search(pattern.format(name=re.escape(name)), path.read_text(), re.MULTILINE):
            return f"{name} {found[1].removeprefix('v')}"
    raise LookupError(f"no lock file pins {tool}")


def page() -> str:
    return page_of(claims(), recorded())


def page_of(known: Iterable[Claim], record: Mapping[str, Run]) -> str:
    rows = [_row(one, record.get(one.part)) for one in known]
    head = ("part", "what is claimed", "level", "shown by", "not shown")
    return HEAD + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows))


def _row(claim: Claim, run: Run | None) -> tuple[str, ...]:
    part = "<br>".join((claim.part, *(f"`{one}`" for one in claim.files)))
    return part, claim.claim, _level(claim, run), _shown(claim, run), claim.left


def _level(claim: Claim, run: Run | None) -> str:
    if claim.level == "N" or (run and run.is_proof):
        return claim.level
    return f"N ({claim.level} once its tests have run)"


def _shown(claim: Claim, run: Run | None) -> str:
    if not claim.tests:
        return ""
    if run is None:
        return f"`{claim.command}`: not run yet"
    others = f", {run.others} did not" if run.others else ""
    tools = f"; {', '.join(run.tools)}" if run.tools else ""
    return f"`{claim.command}`, {run.on}: {run.passed} passed{others}{tools}"


def written(record: Mapping[str, Run]) -> str:
    plain = {
        part: {"on": run.on, "passed": run.passed, "others": run.others, "tools": list(run.tools)}
        for part, run in sorted(record.items())
    }
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
