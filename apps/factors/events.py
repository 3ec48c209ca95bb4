"""What second factors tell: each event with what it carries."""

from apps.core.event_types import ID, declare

FACTOR = {"factor_id": ID, "user_id": ID}

declare("factor.enrolled", "Somebody has a new second factor.", FACTOR)
declare("factor.removed", "A second factor is gone; the sessions of its owner have ended.", FACTOR)
declare("factor.codes_renewed", "Somebody has new backup codes; those of before open nothing.", FACTOR)
declare("factor.backup_code_used", "Somebody has used one of their backup codes.", FACTOR)

APPROVAL = {**FACTOR, "approval_id": ID}

declare(
    "factor.approval_asked",
    "Somebody who knows the password, or is signed in, asks for approval on a device.",
    APPROVAL,
)
declare("factor.approval_denied", "The owner of a device says that it was not they who wanted to sign in.", APPROVAL)
declare("factor.address_replaced", "The browser of a device is reached elsewhere: it has said so itself.", FACTOR)
declare("factor.unreachable", "The browser of a device takes no more messages, so it approves nothing.", FACTOR)
