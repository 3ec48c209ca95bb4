"""The platforms that there are. Only the one that is chosen is imported: each brings a large package."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # names are known where no package of Pulumi is
    from resimate_infra.platform import Platform

#: By the name that configuration has for it: the module and the class.
PLATFORMS: Final = {
    "aws": ("resimate_infra.aws", "Aws"),
    "azure": ("resimate_infra.azure", "Azure"),
    "gcp": ("resimate_infra.gcp", "Gcp"),
    "onprem": ("resimate_infra.onprem", "OnPremise"),
}


class UnknownPlatform(ValueError):
    """There is no platform of that name."""


def chosen(name: str) -> type[Platform]:
    """The class of a platform; raises ``UnknownPlatform``."""
    if name not in PLATFORMS:
        raise UnknownPlatform(f"resimate:platform is {name}; it takes {', '.join(PLATFORMS)}.")
    module, of = PLATFORMS[name]
    platform: type[Platform] = getattr(import_module(module), of)
    return platform
