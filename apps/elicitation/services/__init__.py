"""What elicitations do: each verb is one transaction with one trail."""

from apps.elicitation.services.applying import apply_weights
from apps.elicitation.services.elicitations import (
    ElicitationNotReady,
    NobodyToRemind,
    NodesChanged,
    change_elicitation,
    close_elicitation,
    create_elicitation,
    delete_elicitation,
    open_elicitation,
    remind,
)
from apps.elicitation.services.experts import (
    add_experts,
    delete_expert,
    erase_expert,
    renew_link,
)
from apps.elicitation.services.judgements import (
    Entry,
    NothingToSend,
    enter_judgements,
    import_judgements,
    save_judgement,
    send_judgements,
)
from apps.outreach.services import revoke_link, show_link

__all__ = [
    "ElicitationNotReady",
    "Entry",
    "NobodyToRemind",
    "NodesChanged",
    "NothingToSend",
    "add_experts",
    "apply_weights",
    "change_elicitation",
    "close_elicitation",
    "create_elicitation",
    "delete_elicitation",
    "delete_expert",
    "enter_judgements",
    "erase_expert",
    "import_judgements",
    "open_elicitation",
    "remind",
    "renew_link",
    "revoke_link",
    "save_judgement",
    "send_judgements",
    "show_link",
]
