"""Makes in a vault what an overlay asks for. What is there already is left, or brought to that; nothing is removed."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from hvac import Client
from hvac.exceptions import InvalidPath, InvalidRequest, VaultError

from apps.core.errors import Invalid
from apps.keys.providers.vault import reason_of
from resimate.vaults.asked import Asked
from resimate.vaults.values import LOOKS, Secrets, Values
from resimate_servers.processes import wait_until
from resimate_text.sentences import Sentence

#: The API server as the pods of the vault call it; they show it the token of their own account.
API_SERVER: Final = "https://kubernetes.default.svc"
OF_ITS_AUTHORITY: Final = {"common_name": "Resimate inside", "ttl": "87600h", "key_type": "ec", "key_bits": 384}


class ValuesMissing(Invalid):
    """Fields that the overlay reads, that are not in the vault, and that nobody has said."""


class VaultRefuses(Invalid):
    """It is not there, or does not let us do it. What was done stays; the same command goes on."""


@dataclass(frozen=True)
class Making:
    asked: Asked
    client: Client
    said: Values

    def carry_out(self, api_server: dict[str, Any]) -> list[str]:
        """Every step, as it was done; without the values that it needs none is."""
        try:
            return self._carried_out(api_server)
        except (VaultError, OSError) as error:
            why = reason_of(error)
            raise VaultRefuses(Sentence("The vault at {address}: {why}.", address=self.client.url, why=why)) from error

    def _carried_out(self, api_server: dict[str, Any]) -> list[str]:
        secrets = Secrets(self.asked, self._known(), self._authority)
        if lacking := secrets.lacking():
            looks = "; ".join(f"{one} ({LOOKS[one.partition('#')[2]]})" for one in lacking)
            raise ValuesMissing(Sentence("Nothing was done. Say these, too, by --values: {looks}.", looks=looks))
        return list(self._steps(secrets, api_server))

    def _steps(self, secrets: Secrets, api_server: dict[str, Any]) -> Iterator[str]:
        yield self._wrapping()
        if self.asked.issuer is not None:
            yield self._signing(self.asked.issuer)
        yield self._signing_in(api_server)
        yield from self._ways()
        yield from self._fields(secrets)

    def _wrapping(self) -> str:
        mount, name = self.asked.key
        self._enable("transit", mount)
        self.client.secrets.transit.create_key(name, mount_point=mount)  # one that is there stays as it is
        return f"{mount}/keys/{name} wraps"

    def _signing(self, issuer: dict[str, Any]) -> str:
        mount, role = issuer["mount"], issuer["role"]
        self._enable("pki", mount, config={"max_lease_ttl": OF_ITS_AUTHORITY["ttl"]})
        if not self._authority():
            self.client.write_data(f"{mount}/root/generate/internal", data=OF_ITS_AUTHORITY)
        self.client.write_data(f"{mount}/roles/{role}", data=self._may_be_signed())
        return f"{mount}/sign/{role} signs {', '.join(self.asked.names)}"

    def _may_be_signed(self) -> dict[str, Any]:
        certificates = {"key_type": "ec", "key_bits": 256, "max_ttl": "2160h", "require_cn": False}
        names = {"allow_bare_domains": True, "allow_subdomains": True, "allow_localhost": False, "allow_ip_sans": False}
        uses = {"server_flag": True, "client_flag": False}
        return {"allowed_domains": self.asked.names, **certificates, **names, **uses}

    def _signing_in(self, api_server: dict[str, Any]) -> str:
        mount = self.asked.mount
        if f"{mount}/" not in self.client.sys.list_auth_methods()["data"]:
            self.client.sys.enable_auth_method("kubernetes", path=mount)
        self.client.write_data(f"auth/{mount}/config", data={"kubernetes_host": API_SERVER, **api_server})
        return f"auth/{mount} asks {api_server.get('kubernetes_host', API_SERVER)}"

    def _ways(self) -> Iterator[str]:
        for role in self.asked.roles:
            self.client.sys.create_or_update_acl_policy(role.name, role.policy)
            who = {
                "bound_service_account_names": list(role.accounts),
                "bound_service_account_namespaces": ["resimate"],
                "audience": role.audience,
                "token_policies": [role.name],
                "token_ttl": "1h",
            }
            self.client.write_data(f"auth/{self.asked.mount}/role/{role.name}", data=who)
            yield f"auth/{self.asked.mount}/role/{role.name} lets in {', '.join(role.accounts)}"

    def _fields(self, secrets: Secrets) -> Iterator[str]:
        self._enable("kv", self.asked.store, options={"version": "2"})
        wait_until(self._takes_secrets, 60)
        for path, fields in secrets.complete().items():
            whole = self._read(path) | self.said.get(path, {}) | fields
            if whole == self._read(path):
                yield f"{self.asked.store}/{path} is as it was"
                continue
            self._kv.create_or_update_secret(path, secret=whole, mount_point=self.asked.store)
            yield f"{self.asked.store}/{path} has {', '.join(sorted(whole))}"

    def _known(self) -> Values:
        """What was said counts more than what is there."""
        return {path: self._read(path) | self.said.get(path, {}) for path in self.asked.secrets}

    def _read(self, path: str) -> dict[str, str]:
        if not self._is_enabled(self.asked.store):
            return {}
        try:
            found = self._kv.read_secret_version(path, mount_point=self.asked.store, raise_on_deleted_version=True)
        except InvalidPath:
            return {}
        return dict(found["data"]["data"])

    def _takes_secrets(self) -> bool:
        """A new engine makes itself ready for versions first."""
        try:
            self._read("resimate")
        except InvalidRequest:
            return False
        return True

    def _authority(self) -> str:
        """The certificate of the engine that signs, or nothing while it has none."""
        if self.asked.issuer is None or not self._is_enabled(self.asked.issuer["mount"]):
            return ""
        with suppress(InvalidPath, InvalidRequest):
            answer = self.client.read(f"{self.asked.issuer['mount']}/cert/ca")
            return str(answer["data"]["certificate"]).strip() + "\n" if answer else ""
        return ""

    def _enable(self, engine: str, mount: str, **how: Any) -> None:
        if not self._is_enabled(mount):
            self.client.sys.enable_secrets_engine(engine, path=mount, **how)

    def _is_enabled(self, mount: str) -> bool:
        return f"{mount}/" in self.client.sys.list_mounted_secrets_engines()["data"]

    @property
    def _kv(self) -> Any:
        return self.client.secrets.kv.v2
