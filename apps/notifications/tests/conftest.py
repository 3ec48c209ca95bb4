import pytest


@pytest.fixture(autouse=True)
def _nobody_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages of these tests belong to no app above, so none is asked whether it still wants them."""
    from apps.notifications import services

    monkeypatch.setattr(services, "_renewals", {})
