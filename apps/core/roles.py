"""What a process does of the whole: ``RESIMATE_ROLE``. Each deployment is a role and scales alone (docs/adr/0054).

An app says in its ``urls.py`` of which role its addresses are (``role = roles.PORTAL``), and of each task, and of each
subscriber and runner of jobs that is not of the default queue, in which it waits. This module loads no Django.
"""

from collections.abc import Sequence
from typing import Final

AUTH: Final = "auth"
CORE_API: Final = "core-api"
CAMPAIGNS_API: Final = "campaigns-api"
USERS_API: Final = "users-api"
PORTAL: Final = "portal"
#: Those of addresses, and of these the ones that answer programs alone: they have neither pages nor static files.
WEB: Final = (AUTH, CORE_API, CAMPAIGNS_API, USERS_API, PORTAL)
API: Final = (CORE_API, CAMPAIGNS_API, USERS_API)

NOTIFICATION: Final = "notification"
CALCULATION: Final = "calculation"
AUDIT: Final = "audit"
DEFAULT: Final = "default"
QUEUES: Final = (NOTIFICATION, CALCULATION, AUDIT, DEFAULT)

#: Of all addresses, and of all queues: what `make run` starts one process of each.
ALL_OF_WEB: Final = "web"
ALL_QUEUES: Final = "worker"
SCHEDULER: Final = "scheduler"

WEBS: Final = (*WEB, ALL_OF_WEB)
WORKERS: Final = (*(f"worker-{queue}" for queue in QUEUES), ALL_QUEUES)
#: By kind of process, the roles that it may have. Without a role it does all of its kind.
KINDS: Final = {"web": WEBS, "worker": WORKERS, "scheduler": (SCHEDULER,)}
ALL: Final = (*WEBS, *WORKERS, SCHEDULER)
ABOUT: Final = "what this process does: the addresses of a part, or all (web); the work of a queue, or all (worker)"


def kind_of(role: str) -> str:
    """Which kind of process a role is of; that of addresses, where none is said."""
    return next((kind for kind, of_kind in KINDS.items() if role in of_kind), "web")


def serves(role: str, of: str) -> bool:
    """Whether a process of the first role answers at addresses of the second."""
    return role not in WEB or role == of


def queues_of(role: str) -> Sequence[str]:
    """Whose work a worker of that role does: of one queue, or of all."""
    return [queue for queue in QUEUES if role == f"worker-{queue}"] or QUEUES


def misplaced(role: str, kind: str) -> str:
    """What is wrong with starting that kind of process in that role; empty where nothing is."""
    if not role or role in KINDS[kind]:
        return ""
    return f"RESIMATE_ROLE is {role}, and a process of the kind {kind} takes one of: {', '.join(KINDS[kind])}."
