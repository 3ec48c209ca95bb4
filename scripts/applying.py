"""What `scripts/deploy` and `scripts/owner-command` share: what is rendered, kubectl, and the wait for a Job.

Nothing but Python's own library and kubectl, so that they run wherever kubectl does.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

ROOT: Final = Path(__file__).resolve().parents[1]
NAMESPACE: Final = "resimate"
MIGRATION: Final = "resimate-migrate"
#: Seconds between two looks at a Job.
PAUSE: Final = 2


def end(sentence: str) -> NoReturn:
    sys.exit(sentence)


class Kubectl:
    """As whoever calls is signed in; ``context`` names another cluster than the current one."""

    def __init__(self, context: str | None) -> None:
        self._words = ["kubectl", *([f"--context={context}"] if context else [])]

    def __call__(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([*self._words, *words], input=given, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            end("There is no kubectl here; Kubernetes' documentation says how to install it.")

    def apply(self, texts: Iterable[str], what: str, state: str) -> None:
        """By the server, strictly. ``state`` says how things stand where that is refused."""
        given = "\n---\n".join(texts)
        if not given:
            return
        print(f"{what} ...", flush=True)
        done = self("apply", "--server-side", "--validate=strict", "-f", "-", given=given)
        if done.returncode:
            end(f"{done.stderr.strip()}\nIt ended at: {what}. {state}")

    def got(self, kind: str, name: str) -> dict[str, Any] | None:
        done = self("get", kind, name, "-n", NAMESPACE, "--ignore-not-found", "-o", "json")
        if done.returncode:
            end(f"{done.stderr.strip()}\nThe cluster was asked for {kind} {name}; nothing was changed.")
        found: dict[str, Any] | None = json.loads(done.stdout) if done.stdout.strip() else None
        return found

    def outcome(self, job: str, patience: float) -> str:
        """Waits for a Job: "" where it is complete, or why it is not."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if (found := self.got("job", job)) is None:
                return "somebody deleted it"
            for one in found.get("status", {}).get("conditions", ()):
                if one["status"] == "True" and one["type"] in ("Complete", "Failed"):
                    return "" if one["type"] == "Complete" else f"{one.get('reason')}: {one.get('message')}"
            time.sleep(PAUSE)
        return f"it did not end within {patience:.0f} seconds"


def said(text: str, key: str) -> str:
    """``kind`` or ``apiVersion`` of a rendered document, or what its metadata say; "" where they do not."""
    about = text if key in ("kind", "apiVersion") else (re.search(r"^metadata:\n((?: .*\n?)*)", text, re.M) or [""])[0]
    depth = "" if about is text else "  (?:  )?"
    found = re.search(rf"^{depth}{re.escape(key)}: *(.*)$", about, re.M)
    return found[1].strip("\"'") if found else ""


def rendered(overlay: str) -> list[str]:
    """The documents of an overlay: with the image of ``RESIMATE_IMAGE`` where that is set, else as committed."""
    folder = ROOT / "k8s/rendered"
    if os.environ.get("RESIMATE_IMAGE"):
        folder = ROOT / "build/k8s"
        if subprocess.run([ROOT / "scripts/render", overlay], check=False).returncode:
            end("Nothing was rendered and nothing applied.")
    file = folder / f"{overlay}.yaml"
    if not file.exists():
        names = " ".join(sorted(path.stem for path in folder.glob("*.yaml")))
        end(f"There is no {file.relative_to(ROOT)}; there are: {names}")
    return file.read_text().split("\n---\n")


def named(documents: Iterable[str], *kinds: str) -> list[str]:
    return [one for one in documents if said(one, "kind") in kinds]
