"""How the months ahead of the trail are asked for."""

from apps.audit import partitions
from apps.core.parts import Answer, declare


def _partitions() -> Answer:
    state = partitions.state()
    strays = "" if state.is_well or not state.has_strays else ", and entries in the default one"
    return Answer(f"{state.months_ahead} months ahead{strays}", state.is_well)


declare(
    "audit_partitions",
    _partitions,
    mend="start the scheduler and a worker, which make them every hour",
    probed=True,
)
