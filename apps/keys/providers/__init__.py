"""Who keeps the key-encryption key, under which data keys are stored."""

from apps.keys.providers.base import Lost, NoOwnKey, Provider, Unavailable
from apps.keys.providers.choice import current, named, own

__all__ = ["Lost", "NoOwnKey", "Provider", "Unavailable", "current", "named", "own"]
