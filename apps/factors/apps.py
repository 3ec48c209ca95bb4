from django.apps import AppConfig


class FactorsConfig(AppConfig):
    name = "apps.factors"
    label = "factors"

    def ready(self) -> None:
        from apps.accounts import second_steps
        from apps.factors import (
            panels,  # noqa: F401  they register themselves
            services,
            subscribers,  # noqa: F401  they register themselves
        )
        from apps.factors.holding import MISSING

        second_steps.declare(
            second_steps.SecondStep(
                page="factors:sign-in",
                missing=MISSING,
                is_taken_by=services.has_factor,
                is_missing_for=services.is_missing_for,
                verify=services.verify,
                prove=services.prove,
                ask=services.ask_device_again,
                use_approval=services.use_approval,
                last_taken_at=services.last_taken_at,
            )
        )
