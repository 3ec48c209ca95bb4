"""What of ours is there: each role, its budget for disruptions, and whether quotas leave room."""

from typing import Any, Final

from apps.core.roles import QUEUES, SCHEDULER, WEB
from resimate.cluster.asking import Cluster, Unasked
from resimate.cluster.finding import Found, judged
from resimate.cluster.nodes import quantity
from resimate.cluster.places import Place

#: Of a quota, so much may be taken: a roll needs pods beside those that are there.
TAKEN: Final = 0.9
#: Roles that work in the back.
BEHIND: Final = (*(f"worker-{queue}" for queue in QUEUES), SCHEDULER)


def roles(cluster: Cluster, place: Place, namespace: str) -> Found:
    """Roles that only work while something waits may have no pod; those that answer may not, but for Knative's."""
    every = [*WEB, *BEHIND]
    deployments = _by_role(cluster.items(f"/apis/apps/v1/namespaces/{namespace}/deployments"))
    others = _others(cluster, place, namespace)
    away = [
        said for role in every if (said := _away(role, others.get(role) if role in others else deployments.get(role)))
    ]
    found = f"{len(every) - len(away)} of {len(every)} available" + (f"; {', '.join(away)}" if away else "")
    mend = f"apply k8s/rendered/NAME.yaml; then see `kubectl -n {namespace} get pods` and what the pods say"
    return judged("roles", not away, found, "all of them", mend)


def budgets(cluster: Cluster, place: Place, namespace: str) -> Found:
    found = _by_role(cluster.items(f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"))
    asked = [*(() if "serving.knative.dev/v1" in place.kinds else WEB), *BEHIND]
    short = [f"{role} has none" for role in asked if role not in found]
    short += [f"{role} lets no pod go" for role in asked if role in found and _holds(found[role])]
    said = f"{len(asked) - len(short)} of {len(asked)}" + (f"; {', '.join(short)}" if short else "")
    mend = "apply k8s/rendered/NAME.yaml; where no pod may go, no node can be drained: see why pods are not ready"
    return judged("disruption budgets", not short, said, "one for each role, that lets a node be drained", mend)


def quotas(cluster: Cluster, namespace: str) -> Found:
    asked, full = "room for a roll, where there are any", []
    for one in cluster.items(f"/api/v1/namespaces/{namespace}/resourcequotas"):
        status = one.get("status") or {}
        hard, used = status.get("hard") or {}, status.get("used") or {}
        for what, most in hard.items():
            if quantity(used.get(what, "0")) > TAKEN * quantity(most):
                full.append(f"{one['metadata']['name']}: {used.get(what, '0')} of {most} {what}")
    return judged("quotas", not full, ", ".join(full) or "none is nearly full", asked, "raise what is nearly full")


def _by_role(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"].removeprefix("resimate-"): one for one in objects}


def _others(cluster: Cluster, place: Place, namespace: str) -> dict[str, dict[str, Any]]:
    """Of the kind that runs web roles in this place; none where that kind is not known, which has a line of its own."""
    if not place.served_by:
        return {}
    try:
        return _by_role(cluster.items(place.served_by.format(namespace)))
    except Unasked as unasked:
        if unasked.status == 404:
            return {}
        raise


def _away(role: str, one: dict[str, Any] | None) -> str:
    """What is missing of a role; nothing where it is well."""
    if one is None:
        return f"{role} is not there"
    spec, status = one.get("spec") or {}, one.get("status") or {}
    if one.get("kind") == "Service" or "traffic" in spec:
        states = {each["type"]: each["status"] for each in status.get("conditions") or ()}
        return "" if states.get("Ready") == "True" else f"{role} is not ready"
    wanted, there = int(spec.get("replicas", 1)), int(status.get("availableReplicas") or 0)
    if wanted == 0 and role in WEB:
        return f"{role} is switched off"
    return "" if there >= wanted else f"{role} has {there} of {wanted}"


def _holds(budget: dict[str, Any]) -> bool:
    """Whether there are pods, and none of them may go."""
    status = budget.get("status") or {}
    return bool(status.get("expectedPods")) and not status.get("disruptionsAllowed")
