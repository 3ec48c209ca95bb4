"""The life of a tenant. Everything here works on the owner's connection, in one transaction."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps import audit
from apps.core.errors import Invalid, Problem, Refused
from apps.tenants import leftovers, upkeep
from apps.tenants.cloning import clone_template
from apps.tenants.models import RESERVED, SLUG, Domain, Tenant, schema_for
from apps.tenants.provisioning import OWNER, ensure_role, grant, left_of, owner_in
from resimate_text.sentences import Sentence


class TenantExists(Refused):
    code = "tenant_exists"
    title = "The tenant already exists"


class TenantNameUsed(Refused):
    code = "tenant_name_used"
    title = "Something of an earlier tenant of this name is left"


class TenantUnknown(Refused):
    code = "tenant_unknown"
    status = 404
    title = "There is no such tenant"


def create_tenant(slug: str, *, name: str, now: datetime) -> Tenant:
    """Make a tenant with its schema, role and host: a copy of the template schema."""
    check_slug(slug)
    _refuse_stored(slug)
    schema = schema_for(slug)
    with owner_in("public") as connection, transaction.atomic(using=OWNER):
        if Tenant.objects.using(OWNER).filter(slug=slug).exists():
            raise TenantExists(Sentence("A tenant {slug} already exists.", slug=slug))
        tenant = Tenant(slug=slug, schema_name=schema, name=name, created_at=now)
        _save(tenant)
        _refuse_leftovers(slug, left_of(schema))
        Domain(tenant=tenant, domain=f"{slug}.{settings.BASE_DOMAIN}", is_primary=True).save(using=OWNER)
        ensure_role(schema)
        with connection.cursor() as cursor:
            clone_template(cursor, schema)
            cursor.execute("SELECT set_config('search_path', 'public', true)")
        grant(schema)
        upkeep.bring_up(schema)  # what is each tenant's own is no part of the template
        audit.record("tenant.created", target=tenant, now=now, tenant=schema, using=OWNER)
    return tenant


def check_free(slug: str) -> None:
    """Refuse what no new tenant can be called, before it is made. That a tenant has the name already, its row says."""
    check_slug(slug)
    with owner_in("public"):
        if not Tenant.objects.using(OWNER).filter(slug=slug).exists():
            _refuse_leftovers(slug, left_of(schema_for(slug)))
    _refuse_stored(slug)


def _refuse_stored(slug: str) -> None:
    """What lies elsewhere is looked for before anything is locked."""
    with owner_in("public"):
        is_new = not Tenant.objects.using(OWNER).filter(slug=slug).exists()
    if is_new:
        _refuse_leftovers(slug, leftovers.of(schema_for(slug)))


def _refuse_leftovers(slug: str, left: list[str]) -> None:
    """Whoever gets a name gets what is stored under it: keys that open links of before, events, the trail, files."""
    if left:
        listed = ", ".join(left)
        raise TenantNameUsed(
            Sentence(
                "Of an earlier tenant {slug} this is left here: {left}. Choose another name.", slug=slug, left=listed
            )
        )


def _save(tenant: Tenant) -> None:
    """Whoever takes the same name at the same moment waits here, and comes too late."""
    try:
        with transaction.atomic(using=OWNER):
            tenant.save(using=OWNER)
    except IntegrityError:
        raise TenantExists(Sentence("A tenant {slug} already exists.", slug=tenant.slug)) from None


def check_slug(slug: str) -> None:
    try:
        SLUG(slug)
    except ValidationError as error:
        raise Invalid(error.messages[0], errors=[Problem("/slug", error.messages[0])]) from error
    if slug in RESERVED or slug.startswith(("pg-", "tpl-")):
        detail = Sentence("{slug} is reserved.", slug=slug)
        raise Invalid(detail, errors=[Problem("/slug", detail, "reserved")])


def find_tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.using(OWNER).filter(slug=slug).first()
    if tenant is None:
        raise TenantUnknown(Sentence("There is no tenant {slug}.", slug=slug))
    return tenant


def suspend_tenant(slug: str, *, now: datetime) -> Tenant:
    """Close the tenant's workspace: its pages answer 403, its work waits, its data stay."""
    return _change_status(slug, Tenant.Status.SUSPENDED, "tenant.suspended", now)


def resume_tenant(slug: str, *, now: datetime) -> Tenant:
    return _change_status(slug, Tenant.Status.ACTIVE, "tenant.resumed", now)


def _change_status(slug: str, status: Tenant.Status, action: str, now: datetime) -> Tenant:
    with owner_in("public"), transaction.atomic(using=OWNER):
        tenant = find_tenant(slug)
        tenant.status = status
        tenant.save(using=OWNER, update_fields=["status"])
        audit.record(action, target=tenant, now=now, tenant=tenant.schema_name, using=OWNER)
    return tenant
