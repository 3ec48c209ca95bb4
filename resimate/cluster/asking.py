"""Reading from the API server of a cluster, in time, and with a sentence where there is no answer."""

import json
from dataclasses import dataclass
from typing import Any, Final

from apps.outbound.lines import ANYWHERE
from resimate.cluster.kubeconfig import Access
from resimate_net import Limits, NotOutside, Unanswered, send, target_of

#: A node lists the images that it has, and there may be a hundred of them.
LIMITS: Final = Limits(seconds=20, connecting=5, body=64 * 1024 * 1024)
#: What to do about an answer that is no answer.
MENDS: Final = {
    401: "sign in anew: the token or the certificate of the kubeconfig is not taken",
    403: "apply k8s/components/doctor, or be given its rights (a ClusterRole that reads)",
}
AWAY: Final = "see that this is the right cluster, that it runs, and that its address is reached from here"


class Unasked(Exception):
    """The API server did not give what it was asked for. ``status`` is 0 where there was no answer at all."""

    def __init__(self, detail: str, mend: str, status: int = 0) -> None:
        super().__init__(detail)
        self.detail, self.mend, self.status = detail, mend, status


@dataclass(frozen=True, slots=True)
class Cluster:
    access: Access

    def get(self, path: str) -> dict[str, Any]:
        """What is at a path. Raises ``Unasked``."""
        try:
            target = target_of(self.access.server + path, ANYWHERE)
            headers = {"Accept": "application/json", **self.access.headers}
            answer = send(target, headers=headers, rules=ANYWHERE, limits=LIMITS, tls=self.access.tls)
            said = json.loads(answer.body)
        except (NotOutside, Unanswered) as error:
            raise Unasked(f"{self.access.server}: {str(error.detail).rstrip('.')}", AWAY) from None
        except ValueError:
            raise Unasked(f"{self.access.server} does not answer as an API server does", AWAY) from None
        if answer.status != 200 or not isinstance(said, dict):
            raise _refused(answer.status, said)
        return said

    def items(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(path).get("items") or []
        return found

    def has(self, path: str) -> bool:
        try:
            self.get(path)
        except Unasked as unasked:
            if unasked.status in (404, 503):
                return False
            raise
        return True


def _refused(status: int, said: Any) -> Unasked:
    message = said.get("message") if isinstance(said, dict) else None
    detail = " ".join(str(message or "it gives no reason").split())
    return Unasked(f"{status}: {detail}", MENDS.get(status, AWAY), status)
