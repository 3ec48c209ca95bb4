"""Builds a platform without an engine, a network or an account, and keeps what would have been asked for."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

PROGRAM: Final = Path(__file__).parents[2]
#: What runs in the cluster where the platform has no service for it.
OVERLAYS: Final = PROGRAM.parents[1] / "k8s" / "rendered"
#: Where tests have the certificates of servers written.
AUTHORITIES: Final = PROGRAM.parents[1] / "build" / "authorities"
#: Secrets and certificates that a real stack is given by hand.
SECRETS: Final = {
    "resimate:emailUrl": "smtp+tls://mailer:secret@mail.example:587",
    "resimate:databaseAuthority": "-----BEGIN CERTIFICATE-----",
    "resimate:cacheAuthority": "-----BEGIN CERTIFICATE-----",
    "resimate:vpnSecret": "of-the-tunnel",
}


@dataclass(frozen=True)
class Resource:
    """What a program asks for: its type, its name there and its inputs, as the engine would be given them."""

    kind: str
    name: str
    inputs: Mapping[str, Any]

    def __getitem__(self, path: str) -> Any:
        """An input by its path, ``scalingConfig.minSize``; None where it is not said. A number counts in a list."""
        value: Any = self.inputs
        for part in path.split("."):
            if isinstance(value, list):
                value = value[int(part)] if int(part) < len(value) else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        return value


@dataclass(frozen=True)
class Recorded:
    """A platform as it was asked for, and what it hands to the cluster."""

    platform: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    #: Those of them that the state of a stack keeps encrypted.
    secret: frozenset[str] = frozenset()

    def of(self, *kinds: str) -> list[Resource]:
        return [one for one in self.resources if one.kind in kinds]


def configuration(platform: str) -> dict[str, str]:
    """The example of a stack, with secrets."""
    stack = yaml.safe_load((PROGRAM / f"Pulumi.{platform}.yaml").read_text())["config"]
    written = {name: value if isinstance(value, str) else json.dumps(value) for name, value in stack.items()}
    return {**SECRETS, **written}


def record(platform: str) -> Recorded:
    """Run the program on a platform."""
    import pulumi
    from pulumi.runtime import config, mocks

    from resimate_infra import platforms, roles
    from resimate_infra.site import Site
    from resimate_infra.tests.answers import Clouds

    roles.AUTHORITIES = AUTHORITIES
    asyncio.set_event_loop(asyncio.new_event_loop())
    clouds = Clouds()
    mocks.set_mocks(clouds, project="resimate", stack=platform, preview=False)
    config.set_all_config(configuration(platform))
    outputs: dict[str, Any] = {}
    secret: set[str] = set()

    async def secrets(made: dict[str, Any]) -> None:
        outs = {name: value for name, value in made.items() if isinstance(value, pulumi.Output)}
        secret.update([name for name, value in outs.items() if await value.is_secret()])

    @pulumi.runtime.test
    def run() -> Any:
        made = platforms.chosen(platform)(Site.read()).build()
        return pulumi.Output.all(pulumi.Output.from_input(made).apply(outputs.update), secrets(made))

    run()
    return Recorded(platform, (*clouds.asked, *deployed(platform)), outputs, frozenset(secret))


def deployed(platform: str) -> list[Resource]:
    """On-premise, databases are objects of the cluster: those that the overlay brings."""
    if platform != "onprem":
        return []
    return [Resource(f"{one['apiVersion']}:{one['kind']}", one["metadata"]["name"], one) for one in overlay(platform)]


@cache
def overlay(platform: str) -> list[dict[str, Any]]:
    """The objects that the overlay of a platform applies."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [one for one in yaml.load_all((OVERLAYS / f"{platform}.yaml").read_text(), loader) if one]
