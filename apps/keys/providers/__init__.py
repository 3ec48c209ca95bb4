"""Who keeps the key-encryption key, under which data keys are stored."""

from apps.keys.providers.base import Lost, Provider, Unavailable
from apps.keys.providers.choice import current, named

__all__ = ["Lost", "Provider", "Unavailable", "current", "named"]
