"""Elicitations have no section of their own: they belong to the models whose weights they ask for."""

from apps.models.navigation import MODELS

MODELS.holds("elicitations")
