"""Makes in Vault or OpenBao what an overlay of ``k8s/`` asks for."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid
from apps.core.json_values import decode
from resimate.vaults.asked import Asked, by_overlay
from resimate_text.sentences import Sentence

#: Of the certificate by which we know the vault, and pods do.
AUTHORITY = ("resimate/runtime", "VAULT_CACERT")
HELP = (
    "Make in the Vault or OpenBao at VAULT_ADDR, by VAULT_TOKEN, what an overlay asks for: who signs in, keys, "
    "certificates and secrets. What is there stays."
)


class Command(OperatorCommand):
    help = HELP
    needs_database = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("overlay", help="a file of k8s/rendered/, without its end")
        parser.add_argument("--template", action="store_true", help="only write what --values has to say")
        parser.add_argument(
            "--values",
            metavar="FILE",
            help="JSON, fields by their path below resimate/, and over what is there; -: from standard input",
        )
        parser.add_argument(
            "--api-server", metavar="URL", help="where the vault asks who somebody is, if it is not a pod"
        )
        parser.add_argument("--api-server-authority", type=Path, metavar="FILE", help="PEM")
        parser.add_argument("--reviewer-token", type=Path, metavar="FILE", help="by which it asks, if it is not a pod")

    def act(self, **options: Any) -> None:
        asked = by_overlay(options["overlay"])
        if options["template"]:
            self.stdout.write(json.dumps(_template(asked), indent=2))
            return
        from resimate.vaults.making import Making  # its client comes with the extra `vault`

        said = _said(asked, options["values"])
        done = Making(asked, _client(), said).carry_out(_api_server(**options))
        self.report({"done": done}, "\n".join(done))


def _template(asked: Asked) -> dict[str, dict[str, str]]:
    """What nobody can make but who runs the place."""
    from resimate.vaults.values import LOOKS, Secrets

    found: dict[str, dict[str, str]] = {}
    for one in Secrets(asked, {}, str).lacking():
        path, _, name = one.partition("#")
        found.setdefault(path.removeprefix("resimate/"), {})[name] = LOOKS[name]
    return found


def _said(asked: Asked, source: str | None) -> dict[str, dict[str, str]]:
    """By the paths in the vault; what the overlay does not read is not taken."""
    told = _told(source) if source else {}
    said = {path: dict(told.get(path.removeprefix("resimate/"), {})) for path in asked.secrets}
    if file := os.environ.get("VAULT_CACERT"):
        path, name = AUTHORITY
        said[path].setdefault(name, _text(Path(file)))
    return said


def _told(source: str) -> dict[str, dict[str, str]]:
    told = decode((sys.stdin.read() if source == "-" else _text(Path(source))).encode())
    parts = told.values() if isinstance(told, dict) else [None]
    if not all(isinstance(one, dict) and all(isinstance(value, str) for value in one.values()) for one in parts):
        raise Invalid(Sentence("{file} is no object of objects of texts.", file=source))
    return dict(told)


def _api_server(**options: Any) -> dict[str, Any]:
    """How the vault asks the API server: by what it has as a pod, where nothing is said."""
    if not options["api_server"]:
        return {}
    authority, token = options["api_server_authority"], options["reviewer_token"]
    if authority is None or token is None:
        raise Invalid(Sentence("With --api-server say --api-server-authority and --reviewer-token as well."))
    return {
        "kubernetes_host": options["api_server"],
        "kubernetes_ca_cert": _text(authority),
        "token_reviewer_jwt": _text(token).strip(),
        "disable_local_ca_jwt": True,
    }


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Sentence("{file} cannot be read: {why}.", file=str(path), why=type(error).__name__)) from error


def _client() -> Any:
    import hvac

    address, token = os.environ.get("VAULT_ADDR"), os.environ.get("VAULT_TOKEN")
    if not address or not token:
        raise Invalid(Sentence("Set VAULT_ADDR and VAULT_TOKEN, of somebody who may set it up."))
    return hvac.Client(url=address, token=token, verify=os.environ.get("VAULT_CACERT") or True, timeout=30)
