"""What holds for every input of every resource, whatever it is called and whoever adds it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from resimate_infra.tests.recording import Recorded, Resource
from resimate_infra.tests.rules import EVERYBODY, READERS


@dataclass(frozen=True)
class Sweep:
    """Every input whose name is like that ``fits``."""

    name: str
    fits: Callable[[Any], bool]
    #: An input that has to be noticed, and one that has to be let through.
    breaks: tuple[str, Any]
    passes: tuple[str, Any]


#: Rights over everything, as clouds call them.
MIGHTY: Final = {
    "Owner",
    "Contributor",
    "User Access Administrator",
    "roles/owner",
    "roles/editor",
    "AdministratorAccess",
}
NOBODY_KNOWN: Final = {"allUsers", "allAuthenticatedUsers", "system:unauthenticated"}
#: Kinds that say by 0.0.0.0/0 whither, not whence; who comes in is asked of those of ``READERS``.
WHITHER: Final = {"aws:ec2/route:Route", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"}


def weak_tls(said: Any) -> bool:
    return str(said).upper().replace("_", ".").replace("V", "").removeprefix("TLS") in {"1.0", "1.1", "1", "SSL3"}


def mighty(policy: Any) -> bool:
    """A policy of Amazon's that lets somebody do everything with everything, or everybody do something."""
    allowed = re.findall(r'\{"Effect": "Allow".*?\}', str(policy))
    return any('"Action": ["*"]' in one or '"Principal": "*"' in one for one in allowed)


SWEEPS: Final = (
    Sweep(
        r"(publiclyAccessible|publicNetworkAccessEnabled|endpointPublicAccess|ipv4Enabled|nodePublicIpEnabled"
        r"|mapPublicIpOnLaunch|anonymousPullEnabled|adminEnabled|allowNestedItemsToBePublic|nonSslPortEnabled|isPublic)",
        lambda said: said in (False, "false"),
        ("publiclyAccessible", True),
        ("ipv4Enabled", False),
    ),
    Sweep(
        r".*(storageEncrypted|EncryptionEnabled|httpsTrafficOnlyEnabled|^encrypted)",
        lambda said: said in (True, "true"),
        ("atRestEncryptionEnabled", False),
        ("encrypted", "true"),
    ),
    Sweep(
        r"(forceDestroy|forceDelete|skipFinalSnapshot|tlsDisabled|deleteAutomatedBackups)",
        lambda said: said is False,
        ("forceDestroy", True),
        ("skipFinalSnapshot", False),
    ),
    Sweep(
        r"(deletionProtection|deletionProtectionEnabled|purgeProtectionEnabled|rbacAuthorizationEnabled)",
        lambda said: said is True,
        ("deletionProtection", False),
        ("purgeProtectionEnabled", True),
    ),
    Sweep(
        r"(min.*TlsVersion|minimumTlsVersion)", lambda said: not weak_tls(said),
        ("minTlsVersion", "TLS1_0"), ("minTlsVersion", "TLS1_2"),
    ),
    Sweep(
        r"sslmode|sslMode", lambda said: said in ("verify-full", "ENCRYPTED_ONLY"),
        ("sslmode", "require"), ("sslmode", "verify-full"),
    ),
    Sweep(
        r"(role|roleDefinitionName|policyArn)", lambda said: str(said).rpartition(":policy/")[2] not in MIGHTY,
        ("roleDefinitionName", "Contributor"), ("roleDefinitionName", "AcrPull"),
    ),
    Sweep(
        r"members?|principal", lambda said: str(said) not in NOBODY_KNOWN,
        ("member", "allUsers"), ("member", "serviceAccount:files@test"),
    ),
    Sweep(
        r"policy", lambda said: not mighty(said),
        ("policy", '{"Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": "*"}]}'),
        ("policy", '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}'),
    ),
)  # fmt: skip


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every input that is neither a list nor a table, by its path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{number}")
    else:
        yield path, value


def faults(recorded: Recorded) -> list[str]:
    """A sentence for each input of Pulumi's that breaks what holds for all."""
    return [
        f"{one.kind} {one.name}: {path} is {value!r}"
        for one in recorded.resources
        for path, value in leaves(one.inputs)
        if value is not None and _is_wrong(one, path, value)
    ]


def _is_wrong(one: Resource, path: str, value: Any) -> bool:
    name = [part for part in path.split(".") if not part.isdecimal()][-1]
    # Network policies say whither by a part of their own.
    is_way_in = one.kind not in {*WHITHER, *READERS} and not path.startswith("spec.egress.")
    if value in EVERYBODY - {"*", "any"} and is_way_in and ":" in one.kind.partition(":")[2]:
        return True
    return any(re.fullmatch(sweep.name, name) and not sweep.fits(value) for sweep in SWEEPS)
