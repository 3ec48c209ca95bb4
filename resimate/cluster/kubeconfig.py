"""How the API server of a cluster is reached: by a kubeconfig, or inside of it by the token of our own account.

What kubectl takes is read: several files, contexts, tokens and certificates in a file or written out, and programs
that give a token. A server that would be believed unseen is refused (docs/adr/0060-verify-whom-data-goes-to.md).
"""

import base64
import binascii
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

#: Where every pod finds its own account, unless it asks not to.
ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
#: Seconds for a program that gives a token: some of them ask a cloud.
PATIENCE: Final = 30
LISTS: Final = ("clusters", "users", "contexts")
#: What we would have to leave out to get through, and do not.
NOT_READ: Final = {
    "insecure-skip-tls-verify": "would believe any server; write certificate-authority instead",
    "proxy-url": "names a proxy, and none is used",
    "tls-server-name": "names another host than the address; write the name of the certificate there",
}


class Unfit(ValueError):
    """There is no way to the cluster in what is written; a sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class Access:
    """``told`` is where this was read, for people."""

    server: str
    told: str
    tls: ssl.SSLContext
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def access(file: str = "", context: str = "", environment: Mapping[str, str] = os.environ) -> Access:
    """By the file, or ``KUBECONFIG``, this pod's account, ``~/.kube/config``: what there is. Raises ``Unfit``."""
    named = file or environment.get("KUBECONFIG", "")
    if not named and not context and (ACCOUNT / "token").exists() and "KUBERNETES_SERVICE_HOST" in environment:
        return _inside(environment)
    return _written(
        [Path(one) for one in (named or str(Path.home() / ".kube/config")).split(os.pathsep) if one], context
    )


def _inside(environment: Mapping[str, str]) -> Access:
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    tls = _trusting({"certificate-authority": str(ACCOUNT / "ca.crt")}, Path())
    return Access(f"https://{host}:{port}", "the account of this pod", tls, _bearer(_content(ACCOUNT / "token")))


def _written(files: Sequence[Path], context: str) -> Access:
    parts = _merged(files)
    name = context or parts["current-context"]
    if not name:
        raise Unfit(f"{files[0]} names no current context; say which with --context")
    chosen = _of(parts, "contexts", name)
    cluster, user = _of(parts, "clusters", chosen.get("cluster", "")), _of(parts, "users", chosen.get("user", ""))
    for key, why in NOT_READ.items():
        if cluster.get(key):
            raise Unfit(f"the cluster of context {name} has {key}, which {why}")
    server = str(cluster.get("server", ""))
    if not server.startswith("https://"):
        raise Unfit(f"the server of context {name} has to begin with https://")
    given = _proof(user, cluster)
    tls = _trusting(cluster, cluster["_at"])
    _show(tls, given)
    return Access(server.rstrip("/"), f"context {name}", tls, _bearer(given.get("token", "")))


def _merged(files: Sequence[Path]) -> dict[str, Any]:
    """As kubectl has it: of two things of one name the first counts. Each remembers where it was written."""
    merged: dict[str, Any] = {"current-context": "", **{key: {} for key in LISTS}}
    for file in files:
        written = _yaml(file)
        merged["current-context"] = merged["current-context"] or str(written.get("current-context") or "")
        for key in LISTS:
            for one in written.get(key) or ():
                inner = one.get(key.removesuffix("s")) or {}
                merged[key].setdefault(str(one.get("name")), inner | {"_at": file.parent})
    return merged


def _yaml(file: Path) -> dict[str, Any]:
    try:
        written = yaml.safe_load(_content(file))
    except yaml.YAMLError:
        raise Unfit(f"{file} is not YAML") from None
    if not isinstance(written, dict) or written.get("kind") != "Config":
        raise Unfit(f"{file} is no kubeconfig")
    return written


def _of(parts: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    if name not in parts[key]:
        known = ", ".join(sorted(parts[key])) or "none"
        raise Unfit(f"there is no {key.removesuffix('s')} {name!r} in the kubeconfig; it has {known}")
    found: dict[str, Any] = parts[key][name]
    return found


def _proof(user: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, str]:
    """What shows who we are: ``token``, or ``certificate`` and ``key``, each as text."""
    if program := user.get("exec"):
        return _given(program, cluster)
    if user.get("auth-provider") or user.get("username"):
        raise Unfit(
            "the user of the context has a way to sign in that Kubernetes has given up; it takes exec or a token"
        )
    token = str(user.get("token") or "")
    if not token and user.get("tokenFile"):
        token = _content(user["_at"] / user["tokenFile"])
    certificate, key = (_either(user, f"client-{one}", user["_at"]) for one in ("certificate", "key"))
    return {"token": token.strip(), "certificate": certificate, "key": key}


def _given(program: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, str]:
    """What a program of the platform says, such as ``aws eks get-token``."""
    command = [str(program.get("command", "")), *map(str, program.get("args") or ())]
    spec: dict[str, Any] = {"interactive": False}
    if program.get("provideClusterInfo"):
        spec["cluster"] = {key: value for key, value in cluster.items() if not key.startswith("_")}
    told = {"apiVersion": program.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    more = {str(one["name"]): str(one["value"]) for one in program.get("env") or ()}
    environment = os.environ | more | {"KUBERNETES_EXEC_INFO": json.dumps(told)}
    try:
        # The operator's own kubeconfig names it, as for kubectl.
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE, env=environment)  # noqa: S603  as above
        status = json.loads(done.stdout)["status"]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        raise Unfit(f"{command[0]}, which the kubeconfig names, gives no token: {_why(error)}") from None
    names = {"token": "token", "certificate": "clientCertificateData", "key": "clientKeyData"}
    return {name: str(status.get(key) or "") for name, key in names.items()}


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return (str(error.stderr).strip().splitlines() or [f"it ended with {error.returncode}"])[-1]
    return getattr(error, "strerror", "") or type(error).__name__


def _trusting(cluster: Mapping[str, Any], at: Path) -> ssl.SSLContext:
    try:
        authority = _either(cluster, "certificate-authority", at)
        return ssl.create_default_context(cadata=authority or None)
    except ssl.SSLError:
        raise Unfit("the certificate-authority of the cluster has no certificates that can be read") from None


def _show(tls: ssl.SSLContext, given: Mapping[str, str]) -> None:
    """Python reads a certificate of one's own from a file alone, so it is in one for a moment."""
    if not (given.get("certificate") and given.get("key")):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # for nobody else's eyes
        file.write("\n".join((given["certificate"], given["key"])))
        file.flush()
        try:
            tls.load_cert_chain(file.name)
        except ssl.SSLError:
            raise Unfit("the client-certificate and the client-key of the user do not belong together") from None


def _either(written: Mapping[str, Any], key: str, at: Path) -> str:
    """What is written out counts before a file; a file is found from where the kubeconfig is."""
    if data := written.get(f"{key}-data"):
        try:
            return base64.b64decode(data, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Unfit(f"{key}-data is not text in Base64") from None
    return _content(at / written[key]) if written.get(key) else ""


def _content(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Unfit(f"{file} cannot be read: {getattr(error, 'strerror', '') or 'it is not text'}") from None


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.strip()}"} if token.strip() else {}
