"""What can be done with people, roles, grants, keys and sessions. One module a noun; callers see one list."""

from apps.accounts.services.addresses import (
    AddressLinkOver,
    address_of,
    address_wanted,
    ask_for_address,
    confirm_address,
    forget_unanswered,
    write_address_link,
)
from apps.accounts.services.confirming import ask_to_approve, confirm
from apps.accounts.services.delegating import Lendable, delegate_role, delegations_of, lendable_by
from apps.accounts.services.device_links import (
    DeviceLinkOver,
    owner_of_device_link,
    prove_device,
    write_device_link,
)
from apps.accounts.services.erasing import OwnAccount, erase_user
from apps.accounts.services.explaining import OUT_OF_SIGHT, Explanation, Reason, explain
from apps.accounts.services.first_steps import first_steps, put_steps_away
from apps.accounts.services.forgotten import LinkUsedUp, ask_for_link, choose_password, owner_of, send_link, write_link
from apps.accounts.services.grants import grant_role, is_in_person, refuse_unheld, revoke_grant
from apps.accounts.services.held import AccountErased, held
from apps.accounts.services.imports import MOST as MOST_IMPORTED
from apps.accounts.services.imports import Person, enqueue_import, import_users, lines_of, people_in
from apps.accounts.services.invitations import (
    LONGEST_MESSAGE,
    InvitationOver,
    accept_invitation,
    erase_invitation,
    forget_registration,
    invitation_of,
    invite,
    resend_invitation,
    revoke_invitation,
    write_invitation,
)
from apps.accounts.services.keys import create_api_key, revoke_api_key, rotate_api_key
from apps.accounts.services.notices import tell_owner
from apps.accounts.services.onboarding import onboard_tenant
from apps.accounts.services.preferences import (
    Wishes,
    anybody_declines,
    change_notifications,
    notifications_of,
    wishes_at,
)
from apps.accounts.services.registering import RegistrationClosed, answer_registration, ask_to_register
from apps.accounts.services.roles import change_role, create_role, delete_role
from apps.accounts.services.rotations import ask_for_rotation
from apps.accounts.services.service_accounts import change_service_account, create_service_account
from apps.accounts.services.sessions import (
    end_session,
    live_sessions,
    may_see_sessions,
    sign_out_everywhere,
)
from apps.accounts.services.sign_in_links import (
    SignInLinkOver,
    SignInLinksNotOffered,
    ask_for_sign_in_link,
    offers_sign_in_links,
    owner_of_sign_in_link,
    sign_in_by_link,
    sign_in_link_hours,
    write_sign_in_link,
)
from apps.accounts.services.signing_in import (
    DeviceUnproved,
    SignInRefused,
    TooManyAttempts,
    end_sessions,
    let_in,
    sign_in,
    sign_out,
    start_session,
)
from apps.accounts.services.users import (
    activate_user,
    change_attributes,
    change_password,
    change_user,
    check_email,
    create_user,
    deactivate_user,
    reset_password,
)
from apps.accounts.services.verifications import ask_for_verification, latest_verification
from apps.accounts.services.viewing import NotToBeViewed, View, has_view, look_as, start_view, stop_view, view_of

__all__ = [
    "LONGEST_MESSAGE",
    "MOST_IMPORTED",
    "OUT_OF_SIGHT",
    "AccountErased",
    "AddressLinkOver",
    "DeviceLinkOver",
    "DeviceUnproved",
    "Explanation",
    "InvitationOver",
    "Lendable",
    "LinkUsedUp",
    "NotToBeViewed",
    "OwnAccount",
    "Person",
    "Reason",
    "RegistrationClosed",
    "SignInLinkOver",
    "SignInLinksNotOffered",
    "SignInRefused",
    "TooManyAttempts",
    "View",
    "Wishes",
    "accept_invitation",
    "activate_user",
    "address_of",
    "address_wanted",
    "answer_registration",
    "anybody_declines",
    "ask_for_address",
    "ask_for_link",
    "ask_for_rotation",
    "ask_for_sign_in_link",
    "ask_for_verification",
    "ask_to_approve",
    "ask_to_register",
    "change_attributes",
    "change_notifications",
    "change_password",
    "change_role",
    "change_service_account",
    "change_user",
    "check_email",
    "choose_password",
    "confirm",
    "confirm_address",
    "create_api_key",
    "create_role",
    "create_service_account",
    "create_user",
    "deactivate_user",
    "delegate_role",
    "delegations_of",
    "delete_role",
    "end_session",
    "end_sessions",
    "enqueue_import",
    "erase_invitation",
    "erase_user",
    "explain",
    "first_steps",
    "forget_registration",
    "forget_unanswered",
    "grant_role",
    "has_view",
    "held",
    "import_users",
    "invitation_of",
    "invite",
    "is_in_person",
    "latest_verification",
    "lendable_by",
    "let_in",
    "lines_of",
    "live_sessions",
    "look_as",
    "may_see_sessions",
    "notifications_of",
    "offers_sign_in_links",
    "onboard_tenant",
    "owner_of",
    "owner_of_device_link",
    "owner_of_sign_in_link",
    "people_in",
    "prove_device",
    "put_steps_away",
    "refuse_unheld",
    "resend_invitation",
    "reset_password",
    "revoke_api_key",
    "revoke_grant",
    "revoke_invitation",
    "rotate_api_key",
    "send_link",
    "sign_in",
    "sign_in_by_link",
    "sign_in_link_hours",
    "sign_out",
    "sign_out_everywhere",
    "start_session",
    "start_view",
    "stop_view",
    "tell_owner",
    "view_of",
    "wishes_at",
    "write_address_link",
    "write_device_link",
    "write_invitation",
    "write_link",
    "write_sign_in_link",
]
