"""Who keeps the key-encryption key, under which data keys are stored; and secrets that are no keys."""

from apps.keys.providers.base import Lost, NoOwnKey, Provider, Unavailable
from apps.keys.providers.choice import current, named, own, secret

__all__ = ["Lost", "NoOwnKey", "Provider", "Unavailable", "current", "named", "own", "secret"]
