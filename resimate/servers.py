"""Addresses of the servers, as the environment gives them: what is understood is honoured, the rest is refused."""

import base64
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from resimate import env
from resimate.env import BadSetting

#: What libpq takes in the query of an address, and we pass on.
POSTGRES: Final = frozenset(
    {
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir", "sslsni"),
        *("sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version", "channel_binding", "require_auth"),
        *("gssencmode", "krbsrvname", "options", "target_session_attrs", "hostaddr", "passfile", "application_name"),
        *("connect_timeout", "tcp_user_timeout", "keepalives", "keepalives_idle", "keepalives_interval"),
        "keepalives_count",
    }
)
REDIS: Final = frozenset({"ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})


def _store(*more: str) -> dict[str, frozenset[str]]:
    """``more``: what S3 alone can do."""
    known = {"s3": {"region", "cacert", *more}, "azure": set[str](), "gs": {"credentials"}}
    classes = {"hot", "warm", "cold"}
    return {f"{scheme}{line}": frozenset(own | classes) for scheme, own in known.items() for line in ("", "+http")}


#: For each variable: the schemes it takes, each with the keys that its query may have.
TAKES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "DATABASE_URL": {"postgres": POSTGRES, "postgresql": POSTGRES},
    "DATABASE_OWNER_URL": {"postgres": POSTGRES, "postgresql": POSTGRES},
    "REDIS_URL": {"redis": frozenset(), "rediss": REDIS, "unix": frozenset({"db"})},
    "EMAIL_URL": {"smtp": frozenset(), "smtps": frozenset(), "smtp+tls": frozenset()},
    "OBJECT_STORE_URL": _store(),
    "COLD_STORE_URL": _store("keep_days"),
}
#: Where Kubernetes puts the token of a pod's service account.
ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
VALUES: Final = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "ssl_cert_reqs": ("required", "optional", "none"),
    "ssl_check_hostname": ("true", "false"),
}


def environment() -> str:
    """Where we are: in production more is refused."""
    about = "production refuses insecure defaults, and a database or a queue without verified TLS"
    return env.choice("RESIMATE_ENV", "development", ("development", "production"), about)


def checked(variable: str, url: str) -> str:
    """The same address; raises ``BadSetting``, without the address itself, which holds a password."""
    if not url:
        return url
    parts = _parts(variable, url)
    _check_whole(variable, parts)
    _check_query(variable, parts)
    return url


def _parts(variable: str, url: str) -> SplitResult:
    """No refusal has the words of a ``ValueError``, which can be a part of the password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  it is read only now
    except ValueError:
        raise BadSetting(
            f"{variable} is no address: its port is no number, or its password has a /, ? or [; write %2F, %3F or %5B."
        ) from None
    return parts


def query_of(url: str) -> dict[str, str]:
    """What the query of an address says."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _check_whole(variable: str, parts: SplitResult) -> None:
    schemes = TAKES[variable]
    if parts.scheme not in schemes:
        raise BadSetting(f"{variable} begins with {parts.scheme or 'no scheme'}; it takes {', '.join(schemes)}.")
    if parts.fragment or "#" in parts.geturl():
        raise BadSetting(f"{variable} has a # in it; write %23 where a password has one.")
    if "@" in f"{parts.path}{parts.query}" and "@" not in parts.netloc:
        raise BadSetting(f"{variable} has a / or a ? before its @; write %2F or %3F where a password has one.")
    if parts.scheme in TAKES["REDIS_URL"] and set(parts.geturl()) & {",", ";"}:  # Django reads two addresses there
        raise BadSetting(f"{variable} has a , or a ; in it; it takes one server, and a password has %2C or %3B there.")


def _check_query(variable: str, parts: SplitResult) -> None:
    scheme = parts.scheme
    known = TAKES[variable][scheme]
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise BadSetting(f"{variable} is no address: a part of its query has no =.") from None
    names = [name for name, _ in pairs]
    if unknown := sorted(set(names) - known):
        takes = f"it takes {', '.join(sorted(known))}" if known else f"{scheme}:// takes none"
        raise BadSetting(f"{variable} does not know {', '.join(unknown)} in its query; {takes}.")
    if len(set(names)) < len(names):
        raise BadSetting(f"{variable} says the same thing twice in its query.")
    for name, value in pairs:
        if value not in VALUES.get(name, (value,)):
            raise BadSetting(f"{variable} has {name}={value} in its query; it takes {', '.join(VALUES[name])}.")


def encryption_key(text: str) -> bytes:
    """The 32 bytes that a text stands for. None at all encrypts nothing: the keyring refuses it."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b"?"
    if text and len(key) != 32:
        raise BadSetting("ENCRYPTION_KEY is not base64 of 32 bytes; `openssl rand -base64 32` makes one.")
    return key


def hsm() -> dict[str, str]:
    """Where the key-encryption key is with ``ENCRYPTION_PROVIDER=pkcs11``."""
    return {
        "module": env.text("PKCS11_MODULE", "", "the library of an HSM's maker, of ENCRYPTION_PROVIDER=pkcs11: a file"),
        "token": env.text("PKCS11_TOKEN", "resimate", "the label of the token there"),
        "key": env.text("PKCS11_KEY", "resimate", "the label of the key in that token"),
        "pin": env.secret("PKCS11_PIN", "the PIN of that token's user"),
    }


def kms() -> dict[str, str]:
    """The key-encryption key with ``ENCRYPTION_PROVIDER=aws-kms``, and who we are there."""
    return {
        "key": env.text("KMS_KEY", "", "the ARN of a symmetric key in AWS KMS, of ENCRYPTION_PROVIDER=aws-kms"),
        "access_key": env.text("KMS_ACCESS_KEY", "", "the access key of a user who may encrypt and decrypt with it"),
        "secret_key": env.secret("KMS_SECRET_KEY", "the secret of that access key"),
        "endpoint": env.text("KMS_ENDPOINT", "", "where KMS is, if not at Amazon's own address: https://host"),
    }


def vault() -> dict[str, str]:
    """Where the key-encryption key is with ``ENCRYPTION_PROVIDER=vault``, and how to sign in there."""
    return {
        "address": env.text("VAULT_ADDR", "", "Vault or OpenBao, of ENCRYPTION_PROVIDER=vault: https://host:8200"),
        "role": env.text("VAULT_ROLE_ID", "", "the AppRole with which to sign in there, if it is one"),
        "secret": env.secret("VAULT_SECRET_ID", "the secret of that AppRole"),
        "key": env.text("VAULT_KEY", "transit/resimate", "the key of the transit engine there: mount/name"),
        "namespace": env.text("VAULT_NAMESPACE", "", "the namespace there, if there are any"),
        "authority": env.text("VAULT_CACERT", "", "a file with the certificates to trust there; else the system's"),
        "kubernetes": env.text("VAULT_KUBERNETES_ROLE", "", "else the role of its Kubernetes method there: mount/role"),
        "account": env.text("VAULT_KUBERNETES_TOKEN_PATH", ACCOUNT, "the file with the token of our service account"),
    }
