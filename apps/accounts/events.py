"""What accounts tell: each event with what it carries."""

from apps.core.event_types import ID, TEXT, declare

USER = {"user_id": ID}
ROLE = {"role_id": ID}
INVITATION = {"invitation_id": ID}

declare("user.created", "A person got an account.", USER)
declare("user.changed", "What is kept of an account changed, or what its owner chooses.", USER)
declare("user.deactivated", "An account was closed; its sessions and keys have ended.", USER)
declare("user.activated", "A closed account was opened again.", USER)
declare("user.erased", "An account was closed for good, and nobody knows any more whose it was.", USER)
declare("user.password_changed", "Somebody changed their password.", USER)
declare("user.password_reset", "A password was replaced by an administrator or through a link.", USER)
declare("user.signed_out_everywhere", "Somebody was signed out of all browsers but the one in use.", USER)
declare("user.signed_in_on_new_device", "Somebody signed in on a device that is not known of them.", USER)
declare(
    "user.reset_link_asked",
    "Somebody asked for a link to choose a new password.",
    {"user_id": {**TEXT, "description": "empty where the address belongs to nobody"}},
    internal=True,
)
declare(
    "user.sign_in_link_asked",
    "Somebody asked for a link to sign in.",
    {
        "user_id": {**TEXT, "description": "empty where the address belongs to nobody"},
        "next": {**TEXT, "description": "where they want to go; empty for the first page"},
    },
    internal=True,
)
declare("user.address_changed", "An account has another address.", USER)
declare("user.address_asked", "Somebody wants another address for their account.", USER, internal=True)
declare("user.address_unanswered", "A link to confirm an address is over.", {"change_id": ID}, internal=True)
declare("user.registration_asked", "Somebody wants an account.", {"registration_id": ID}, internal=True)
declare("user.registration_unanswered", "A link to register is over.", INVITATION, internal=True)

declare("user.device_link_asked", "The right password was too little for an odd sign-in.", USER, internal=True)

declare("invitation.created", "Somebody was invited to make an account.", INVITATION)
declare("invitation.resent", "Somebody who was invited gets another letter; the link before opens nothing.", INVITATION)
declare("invitation.revoked", "An invitation opens nothing any more.", INVITATION)
declare("invitation.accepted", "Somebody who was invited made their account.", {**INVITATION, **USER})
declare("invitation.erased", "Nobody knows any more who was invited.", INVITATION)

PROGRAM = {**USER, "owner_id": ID}
declare("service_account.created", "A program got an account.", PROGRAM)
declare("service_account.changed", "A program has another name, or somebody else answers for it.", PROGRAM)
declare("service_account.stopped", "A program was stopped, because the account of its owner was closed.", PROGRAM)

declare("role.created", "There is a new role.", ROLE)
declare("role.changed", "A role has another name or other permissions.", ROLE)
declare("role.deleted", "A role is gone.", ROLE)
declare("grant.created", "Somebody got a role.", {"grant_id": ID, **USER})
declare("grant.revoked", "Somebody lost a role.", {"grant_id": ID, **USER})
declare("delegation.created", "Somebody handed on a role that they have, for a time.", {"grant_id": ID, **USER})
declare("delegation.ended", "A role that was handed on was taken or given back.", {"grant_id": ID, **USER})
declare("denial.created", "Somebody is denied what a role says, whatever else they have.", {"grant_id": ID, **USER})
declare("denial.lifted", "Somebody is no longer denied what a role says.", {"grant_id": ID, **USER})

declare("api_key.created", "Somebody got an API key.", {"api_key_id": ID, **USER})
declare(
    "api_key.rotated",
    "An API key was replaced by another, and ends soon.",
    {"api_key_id": ID, "new_api_key_id": ID},
)
declare("api_key.revoked", "An API key no longer opens anything.", {"api_key_id": ID})
