from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "apps.campaigns"
    label = "campaigns"

    def ready(self) -> None:
        from apps.audit.capture import follow
        from apps.campaigns import scopes, subscribers  # noqa: F401  they register themselves
        from apps.campaigns.models import Campaign, Stakeholder

        follow(Campaign)
        follow(Stakeholder, exclude=("email_index",))
