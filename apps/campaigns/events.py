"""What campaigns tell: each event with what it carries."""

from apps.core.event_types import DATE, ID, TEXT, declare

CAMPAIGN = {"campaign_id": ID}

declare("campaign.opened", "A campaign began to collect answers.", CAMPAIGN)
declare("campaign.extended", "People got more time to answer.", CAMPAIGN)
declare("campaign.closed", "A campaign takes no more answers.", CAMPAIGN)
declare("campaign.stakeholders_added", "People joined a campaign that is open.", CAMPAIGN)
declare("participation.answers_sent", "Somebody handed in answers, or handed them in again.", {"participation_id": ID})

declare("campaign.invitations_due", "The next people of a campaign wait for invitations.", CAMPAIGN, internal=True)
declare(
    "campaign.reminders_due",
    "The next people of a campaign wait for the reminders of a day: those after one participation, or all.",
    {**CAMPAIGN, "day": DATE, "after": {**TEXT, "description": "a participation's id; empty at the beginning"}},
    internal=True,
)
declare("campaign.closing_due", "The closing time of a campaign has come.", CAMPAIGN, internal=True)
