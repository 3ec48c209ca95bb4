"""What an overlay asks of a vault: who signs in, what is read, wrapped and signed. Read from what is rendered."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml
from django.conf import settings

from apps.core.errors import Invalid
from resimate.cluster.examining import NAMESPACE
from resimate_text.sentences import Sentence

#: Of service accounts of pods, and of External Secrets.
AUDIENCE: Final = "vault"

Document = dict[str, Any]


class NothingAsked(Invalid):
    """An overlay that there is not, or that asks nothing of a vault."""


@dataclass(frozen=True)
class Role:
    """Who signs in, and by which policy."""

    name: str
    accounts: tuple[str, ...]
    audience: str
    policy: str


@dataclass(frozen=True)
class Asked:
    documents: tuple[Document, ...]

    @cached_property
    def mount(self) -> str:
        return self._settings["VAULT_KUBERNETES_ROLE"].rpartition("/")[0]

    @cached_property
    def key(self) -> tuple[str, str]:
        mount, _, name = self._settings["VAULT_KEY"].rpartition("/")
        return mount, name

    @cached_property
    def secrets(self) -> dict[str, list[str]]:
        """The fields that are read, by the path below that of the store."""
        found: dict[str, list[str]] = defaultdict(list)
        for one in self._of("ExternalSecret"):
            for entry in one["spec"]["data"]:
                asked = entry["remoteRef"]
                if asked["property"] not in found[asked["key"]]:
                    found[asked["key"]].append(asked["property"])
        return dict(found)

    @cached_property
    def store(self) -> str:
        return str(self._store["path"])

    @cached_property
    def issuer(self) -> Document | None:
        """The one that signs by the vault: its engine, its role, and the names that its certificates have."""
        for one in self._of("Issuer"):
            if said := one["spec"].get("vault"):
                mount, _, role = said["path"].split("/")
                return {"name": one["metadata"]["name"], "mount": mount, "role": role, "said": said}
        return None

    @cached_property
    def names(self) -> list[str]:
        if self.issuer is None:
            return []
        signed = [one for one in self._of("Certificate") if one["spec"]["issuerRef"]["name"] == self.issuer["name"]]
        return sorted({name.removeprefix("*.") for one in signed for name in one["spec"]["dnsNames"]})

    @cached_property
    def roles(self) -> list[Role]:
        return list(self._roles())

    def _roles(self) -> Iterator[Role]:
        name = self._settings["VAULT_KUBERNETES_ROLE"].rpartition("/")[2]
        yield Role(name, tuple(sorted(self._accounts())), AUDIENCE, self._may_wrap())
        by = self._store["auth"]["kubernetes"]
        account, (audience,) = by["serviceAccountRef"]["name"], by["serviceAccountRef"]["audiences"]
        read = [f'path "{self.store}/data/{path}" {{ capabilities = ["read"] }}' for path in self.secrets]
        yield Role(by["role"], (account,), audience, "\n".join(read))
        if self.issuer is not None:
            by, place = self.issuer["said"]["auth"]["kubernetes"], self.issuer["said"]["path"]
            # cert-manager asks for a token with this audience.
            audience = f"vault://{NAMESPACE}/{self.issuer['name']}"
            may = f'path "{place}" {{ capabilities = ["create", "update"] }}'
            yield Role(by["role"], (by["serviceAccountRef"]["name"],), audience, may)

    def _may_wrap(self) -> str:
        mount, name = self.key
        may = ("encrypt", "decrypt")
        return "\n".join(f'path "{mount}/{one}/{name}" {{ capabilities = ["update"] }}' for one in may)

    def _accounts(self) -> Iterator[str]:
        """Those whose pods have a token for the vault."""
        for one in self.documents:
            pods = one.get("spec", {}).get("template", {}).get("spec") or {}
            for volume in pods.get("volumes", ()):
                sources = volume.get("projected", {}).get("sources", ())
                if any(source.get("serviceAccountToken", {}).get("audience") == AUDIENCE for source in sources):
                    yield str(pods["serviceAccountName"])

    @cached_property
    def _settings(self) -> Mapping[str, str]:
        return next(one["data"] for one in self._of("ConfigMap") if "VAULT_KEY" in one.get("data", {}))

    @property
    def _store(self) -> Document:
        return next(dict(one["spec"]["provider"]["vault"]) for one in self._of("SecretStore"))

    def _of(self, kind: str) -> Iterator[Document]:
        return (one for one in self.documents if one["kind"] == kind)


def by_overlay(name: str) -> Asked:
    rendered = Path(settings.BASE_DIR) / "k8s/rendered"
    there = {path.stem: path for path in rendered.glob("*.yaml")}
    if name not in there:
        names = ", ".join(sorted(there)) or "none"
        raise NothingAsked(Sentence("There is no overlay {name}; there are: {names}.", name=name, names=names))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    asked = Asked(tuple(yaml.load_all(there[name].read_text(), Loader=loader)))
    if not any(one["kind"] == "SecretStore" for one in asked.documents):
        raise NothingAsked(Sentence("The overlay {name} asks nothing of a vault.", name=name))
    return asked
