from django.apps import AppConfig


class ModelsConfig(AppConfig):
    name = "apps.models"
    label = "resilience"

    def ready(self) -> None:
        from apps.audit.capture import follow
        from apps.models import scopes, subscribers  # noqa: F401  they register themselves
        from apps.models.models import Assessment, ModelVersion, ResilienceModel, Subject

        follow(ResilienceModel, Subject)
        follow(ModelVersion, exclude=("document",))
        follow(Assessment, exclude=("values",))
