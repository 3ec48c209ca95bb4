"""What campaigns do: each verb is one transaction with one trail."""

from apps.campaigns.services.corrections import PersonHasAnswered, remind_person, remove_person
from apps.campaigns.services.groups import of_model, with_spelling_of
from apps.campaigns.services.invitations import (
    NothingToRemind,
    invite_next_batch,
    remind,
    remind_next_batch,
    withdraw_reminders,
)
from apps.campaigns.services.lifecycle import (
    CampaignClosed,
    CampaignNotReady,
    change_campaign,
    close_campaign,
    close_when_due,
    create_campaign,
    delete_campaign,
    extend_campaign,
    open_campaign,
)
from apps.campaigns.services.participations import LinkHidden, LinkInUse, renew_link, show_link
from apps.campaigns.services.responses import send_answers
from apps.campaigns.services.stakeholders import (
    Added,
    add_stakeholders,
    change_stakeholder,
    create_stakeholder,
    create_stakeholders,
    delete_stakeholder,
    erase_stakeholder,
    find_by_email,
    find_by_emails,
    link_user,
    unlink_user,
)
from apps.outreach.contacts import Contact
from apps.outreach.services import revoke_link

__all__ = [
    "Added",
    "CampaignClosed",
    "CampaignNotReady",
    "Contact",
    "LinkHidden",
    "LinkInUse",
    "NothingToRemind",
    "PersonHasAnswered",
    "add_stakeholders",
    "change_campaign",
    "change_stakeholder",
    "close_campaign",
    "close_when_due",
    "create_campaign",
    "create_stakeholder",
    "create_stakeholders",
    "delete_campaign",
    "delete_stakeholder",
    "erase_stakeholder",
    "extend_campaign",
    "find_by_email",
    "find_by_emails",
    "invite_next_batch",
    "link_user",
    "of_model",
    "open_campaign",
    "remind",
    "remind_next_batch",
    "remind_person",
    "remove_person",
    "renew_link",
    "revoke_link",
    "send_answers",
    "show_link",
    "unlink_user",
    "with_spelling_of",
    "withdraw_reminders",
]
