"""Load that roles have, as their nodes tell it, and what autoscalers make of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from resimate.tests.cluster.plane import Plane, Refused

SPACE: Final = ("-n", "resimate")
#: What kwok's nodes say that a pod uses.
USAGE: Final = "kwok.x-k8s.io/usage-cpu"
PULSE: Final = 2.0


class Load:
    """So many cores for all the pods of a role together, whatever their number; and which numbers were seen."""

    def __init__(self, plane: Plane, role: str, kind: str = "deployment") -> None:
        self.plane, self.role, self.what = plane, role, f"{kind}/resimate-{role}"
        self.cores = 0.0
        self.seen = list[tuple[float, int]]()
        self._ends = threading.Event()

    def replicas(self) -> int:
        return int(self.plane.got(self.what, *SPACE)["spec"].get("replicas", 1))

    def numbers(self) -> list[int]:
        return [number for _, number in self.seen]

    @contextmanager
    def shared(self) -> Iterator["Load"]:
        thread = threading.Thread(target=self._share, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ends.set()
            thread.join(60)

    def _share(self) -> None:
        while not self._ends.wait(PULSE):
            chosen = ("-l", f"app.kubernetes.io/component={self.role}")
            pods = self.plane.listed("pods", *SPACE, *chosen, "--field-selector=status.phase=Running")
            names = [one["metadata"]["name"] for one in pods if "deletionTimestamp" not in one["metadata"]]
            if names:
                share = f"{USAGE}={1000 * self.cores / len(names):.0f}m"
                with suppress(Refused):  # one of them has gone meanwhile: the next round has it right
                    self.plane.kubectl("annotate", "--overwrite", "pod", *names, *SPACE, share)
            number = self.replicas()
            if not self.seen or self.seen[-1][1] != number:
                self.seen.append((time.monotonic(), number))
