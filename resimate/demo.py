"""The demo tenants: real enough that every screen has something to show."""


def ensure() -> None:
    """Make what is missing; what people changed since stays as it is."""
