from django.apps import AppConfig


class ElicitationConfig(AppConfig):
    name = "apps.elicitation"
    label = "elicitation"

    def ready(self) -> None:
        from apps.audit.capture import follow
        from apps.elicitation import panels, scopes, services  # noqa: F401  they register themselves
        from apps.elicitation.models import Expert, WeightElicitation

        follow(WeightElicitation)
        follow(Expert, exclude=("email_index",))
