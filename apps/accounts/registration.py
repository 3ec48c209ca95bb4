"""Whether people may make accounts by themselves, and with which role: what the tenant's settings say now."""

from collections.abc import Sequence

from django_tenants.utils import get_public_schema_name

from apps.accounts.models import Role
from apps.accounts.settings_keys import REGISTRATION, REGISTRATION_DOMAINS, REGISTRATION_ROLE, domains_in
from apps.configuration import services as configuration
from apps.core.tenancy import current_schema
from resimate_text.addresses import domain


def is_open() -> bool:
    """Whether there is a page for it at all; the platform has none."""
    return bool(current_schema() != get_public_schema_name()) and _mode() != "closed"


def domains() -> Sequence[str]:
    """What the addresses end with that need no invitation."""
    return domains_in(str(configuration.get(REGISTRATION_DOMAINS.name))) if _mode() == "domains" else []


def admits(email: str) -> bool:
    """Whether who has this address may make an account without being invited."""
    return is_open() and domain(email.rpartition("@")[2]) in domains()


def roles() -> list[Role]:
    """What who registers is given: the lowest role, or none."""
    code = str(configuration.get(REGISTRATION_ROLE.name))
    return [*Role.objects.filter(code=code, is_system=True)] if code != "none" else []


def _mode() -> str:
    return str(configuration.get(REGISTRATION.name))
