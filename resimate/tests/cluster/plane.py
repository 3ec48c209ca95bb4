"""A real control plane of Kubernetes on this machine; its nodes, and what runs on them, are pretended by kwok.

Everything listens on the loopback address alone, on ports that were free, and ends with us.
"""

import json
import secrets
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from resimate.tests.cluster import papers
from resimate.tests.cluster.programs import DEFINITIONS, program
from resimate.tests.kubernetes.manifests import Document
from resimate_servers import ports, processes

PATIENCE: Final = 120.0
#: More than the fewest of K8S-001, so that what scales finds room.
NODES: Final = 6
ZONES: Final = 3
ROOM: Final = {"cpu": "32", "memory": "128Gi", "pods": "250"}
#: Those that need a cloud, or nodes that are more than pretended.
CONTROLLERS: Final = "*,-nodeipam,-route,-service-lb-controller,-cloud-node-lifecycle-controller"


class Refused(Exception):
    """What kubectl says where something is not taken."""


class Plane:
    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, folder / "kubeconfig"
        self._ports = dict[str, int]()
        self._running = list[tuple[str, subprocess.Popen[bytes]]]()

    def port(self, name: str) -> int:
        """Free when it was first asked for, and the same ever after."""
        return self._ports.setdefault(name, ports.choose(name, {}))

    def start(self) -> None:
        papers.signing_key(self.folder / "accounts.key")
        papers.pair(self.folder, "front-proxy", subject="front-proxy-client")
        papers.pair(self.folder, "kubelet", subject="kubelet")
        self._admit()
        self.run("etcd", *self._etcd())
        self.run("kube-apiserver", *self._apiserver())
        self.until(lambda: self._answers("/readyz"), "the API server is ready")
        self.run("kube-controller-manager", *self._controllers())
        self.run("kube-scheduler", *self._scheduler())
        self._start_nodes()

    def stop(self) -> None:
        while self._running:
            processes.stop(self._running.pop()[1], signal.SIGTERM, 20)

    def run(self, name: str, *options: str, before: Iterable[str] = (), env: Mapping[str, str] | None = None) -> None:
        """Start one of the programs; what it says goes to ``NAME.log``."""
        with (self.folder / f"{name}.log").open("wb") as log:
            command: list[str | Path] = [*before, program(name), *options]
            self._running.append((name, processes.spawn(command, output=log, cwd=self.folder, env=env)))

    def until(self, condition: Any, what: str, patience: float = PATIENCE) -> float:
        """Wait for it and say how many seconds that took; sooner over where one of the programs ended."""
        began = time.monotonic()
        held = processes.wait_until(lambda: bool(self._ended()) or condition(), patience, pause=0.3)
        if ended := self._ended():
            raise AssertionError(f"{ended} ended: {self.said_by(ended)}")
        assert held, f"not within {patience:.0f} s: {what}"
        return time.monotonic() - began

    def _ended(self) -> str:
        return next((name for name, process in self._running if process.poll() is not None), "")

    def said_by(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def kubectl(self, *words: str, given: str | None = None, patience: float = PATIENCE) -> str:
        command: list[str | Path] = [program("kubectl"), "--kubeconfig", self.config, *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=patience)
        if done.returncode:
            raise Refused(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def got(self, *words: str) -> Any:
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def listed(self, *words: str) -> list[Document]:
        found: list[Document] = self.got(*words)["items"]
        return found

    def apply(self, documents: Iterable[Document], *options: str) -> list[str]:
        """As an operator does: by the server, strictly; what it says, a line for each."""
        text = "".join(f"---\n{json.dumps(one)}\n" for one in documents)
        words = ["apply", "--server-side", "--validate=strict", "--force-conflicts", *options, "-f", "-"]
        return self.kubectl(*words, given=text).splitlines()

    def _answers(self, path: str) -> bool:
        try:
            return self.kubectl("get", "--raw", path) != ""
        except Refused:
            return False

    def _admit(self) -> None:
        token = secrets.token_hex()
        (self.folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        server = f"https://127.0.0.1:{self.port('kube-apiserver')}"
        authority = str(self.folder / "certs/apiserver.crt")
        parts = {
            "clusters": [{"name": "here", "cluster": {"server": server, "certificate-authority": authority}}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
        }
        self.config.touch(mode=0o600)
        self.config.write_text(
            yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "here", **parts})
        )

    def _etcd(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{self.port(name)}" for name in ("etcd", "etcd-peer"))
        return [
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        ]

    def _apiserver(self) -> list[str]:
        return [
            f"--etcd-servers=http://127.0.0.1:{self.port('etcd')}",
            f"--cert-dir={self.folder / 'certs'}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port('kube-apiserver')}",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.folder / 'accounts.key'}",
            f"--service-account-signing-key-file={self.folder / 'accounts.key'}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--allow-privileged",  # as clusters do: who refuses it is the profile of the namespace
            "--endpoint-reconciler-type=none",
            "--enable-priority-and-fairness=false",
            f"--requestheader-client-ca-file={self.folder / 'front-proxy-ca.crt'}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={self.folder / 'front-proxy.crt'}",
            f"--proxy-client-key-file={self.folder / 'front-proxy.key'}",
        ]

    def _controllers(self) -> list[str]:
        return [
            f"--kubeconfig={self.config}",
            f"--service-account-private-key-file={self.folder / 'accounts.key'}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port('kube-controller-manager')}",
            f"--cert-dir={self.folder / 'controllers'}",
            f"--controllers={CONTROLLERS}",
        ]

    def _scheduler(self) -> list[str]:
        return [
            *(f"--{what}={self.config}" for what in ("kubeconfig", "authentication-kubeconfig")),
            f"--authorization-kubeconfig={self.config}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port('kube-scheduler')}",
            f"--cert-dir={self.folder / 'scheduler'}",
        ]

    def _start_nodes(self) -> None:
        port = str(self.port("kwok"))
        options = {
            "kubeconfig": self.config,
            "config": DEFINITIONS / "kwok.yaml",
            "manage-all-nodes": "true",
            "node-ip": "127.0.0.1",
            "server-address": f"127.0.0.1:{port}",
            "node-port": port,
            "tls-cert-file": self.folder / "kubelet.crt",
            "tls-private-key-file": self.folder / "kubelet.key",
            "node-lease-duration-seconds": "40",
        }
        self.run("kwok", *(f"--{name}={value}" for name, value in options.items()))
        # Created, not applied: what is applied has no status.
        nodes = {"apiVersion": "v1", "kind": "List", "items": [_node(number) for number in range(NODES)]}
        self.kubectl("create", "-f", "-", given=json.dumps(nodes))
        self.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s")


def _node(number: int) -> Document:
    name = f"node-{number}"
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number % ZONES}"}
    metrics = {"metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": metrics},
        "status": {"allocatable": ROOM, "capacity": ROOM},
    }
