"""Typed readers of the environment.

Each value may also come from a mounted file: ``NAME_FILE=/run/secrets/name`` is read when ``NAME`` itself is absent.
Every call is remembered in :data:`DECLARED`, from which the table of settings in the documentation is generated.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path


class BadSetting(Exception):
    """A variable of the environment cannot be read; the message names it and says what is wanted."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One variable of the environment: its name, kind, default as shown to people, and meaning."""

    name: str
    kind: str
    default: str
    about: str


DECLARED: dict[str, Declared] = {}


def _read(name: str, kind: str, default: str, about: str) -> str | None:
    DECLARED[name] = Declared(name, kind, default, about)
    return _given(name)


def _given(name: str) -> str | None:
    value = os.environ.get(name)
    if value is None and (path := os.environ.get(f"{name}_FILE")):
        try:
            value = Path(path).read_text().strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
    return value


def text(name: str, default: str, about: str) -> str:
    value = _read(name, "text", default or "empty", about)
    return default if value is None else value


def secret(name: str, about: str, *, is_made: bool = False) -> str:
    """``is_made``: where nobody says it, the launcher makes one."""
    return _read(name, "secret", "made at the first run" if is_made else "empty", about) or ""


def secrets(name: str, about: str) -> list[str]:
    return (_read(name, "secrets, by space", "empty", about) or "").split()


def choice(name: str, default: str, options: Sequence[str], about: str) -> str:
    value = _read(name, " | ".join(options), default, about)
    if value is None:
        return default
    if value not in options:
        raise BadSetting(f"{name} is {value!r}; it takes one of: {', '.join(options)}.")
    return value


def integer(name: str, default: int, about: str, *, shown: str = "") -> int:
    """``shown`` is what the documentation says of a default that is not the same everywhere."""
    value = _read(name, "whole number", shown or str(default), about)
    try:
        return default if value is None else int(value)
    except ValueError as error:
        raise BadSetting(f"{name} is {value!r}; it takes a whole number.") from error


def flag(name: str, default: bool, about: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    value = _read(name, "yes | no", "yes" if default else "no", about)
    if value is None:
        return default
    if value.lower() not in words:
        raise BadSetting(f"{name} is {value!r}; it takes yes or no.")
    return words[value.lower()]


def listing(name: str, default: Sequence[str], about: str) -> list[str]:
    value = _read(name, "list, by comma", ",".join(default) or "empty", about)
    return list(default) if value is None else [item.strip() for item in value.split(",") if item.strip()]


def networks(name: str, about: str) -> tuple[IPv4Network | IPv6Network, ...]:
    value = _read(name, "networks, by comma", "empty", about) or ""
    try:
        return tuple(ip_network(item.strip()) for item in value.split(",") if item.strip())
    except ValueError as error:
        raise BadSetting(f"{name} takes networks such as 127.0.0.0/8, by comma: {error}.") from error


def family(prefix: str, about: str) -> dict[str, str]:
    """All that the environment has under a prefix, by what comes after it; nothing of it has to be known before."""
    DECLARED[f"{prefix}<KEY>"] = Declared(f"{prefix}<KEY>", "JSON or text", "empty", about)
    names = (name.removesuffix("_FILE") for name in os.environ if name.startswith(prefix))
    found = {name: _given(name) for name in sorted(set(names))}
    return {name.removeprefix(prefix): value for name, value in found.items() if value is not None}
