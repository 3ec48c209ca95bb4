"""Passwords and keys of one installation, made once and kept in a file that only its owner reads."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from resimate_servers.errors import EmbeddedError, writing_to

NAME = "secrets.json"


def _password() -> str:
    return secrets.token_urlsafe(24)  # safe inside an address without quoting


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "postgres_superuser": _password,
    "postgres_owner": _password,
    "postgres_app": _password,
    "valkey": _password,
    "secret_key": lambda: secrets.token_urlsafe(64),
    "encryption_key": _key,
}


def load(folder: Path) -> dict[str, str]:
    """Read the secrets of ``folder``, and make them when it has none yet."""
    path = folder / NAME
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return _create(path)
    except PermissionError as error:
        raise EmbeddedError(f"{path} belongs to another user; run as that user or set RESIMATE_DATA_DIR.") from error
    except ValueError as error:
        raise EmbeddedError(
            f"{path} is damaged; restore it from a backup, since it holds the keys to the data."
        ) from error


def keep(folder: Path, name: str, make: Callable[[], str]) -> str:
    """Return the secret called ``name``, made and written down on first request."""
    values = load(folder)
    if name not in values:
        values[name] = make()
        os.replace(_written_beside(folder / NAME, values), folder / NAME)
    return values[name]


def demo_password(folder: Path, sign_in: str) -> str:
    """The password of a demo sign-in; the same at every run."""
    return keep(folder, f"demo:{sign_in}", lambda: secrets.token_urlsafe(15))


def _create(path: Path) -> dict[str, str]:
    """Of several processes that start at once, the first one's secrets win."""
    draft = _written_beside(path, {name: make() for name, make in MAKERS.items()})
    try:
        os.link(draft, path)
    except FileExistsError:
        return dict(json.loads(path.read_text()))
    finally:
        draft.unlink()
    return dict(json.loads(path.read_text()))


def _written_beside(path: Path, values: dict[str, str]) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    with writing_to(path.parent):
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(values, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
    return draft
