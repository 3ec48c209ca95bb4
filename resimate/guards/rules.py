"""What is a guard, by its name: calls, words in a comparison, modules that are made of nothing else."""

import re
from typing import Final

PERMISSION: Final = "permission"
LOCK: Final = "lock"
TENANT: Final = "tenant"
DISCLOSURE: Final = "disclosure"
KINDS: Final = (PERMISSION, DISCLOSURE, TENANT, LOCK)

#: Modules in which every condition is a guard: not only calls of guards by name, as elsewhere.
OF_GUARDS: Final = {
    "apps.accounts.authz": PERMISSION,
    "apps.accounts.reach": PERMISSION,
    "apps.accounts.workspace": PERMISSION,
    "apps.accounts.backends": PERMISSION,
    "apps.accounts.sessions": PERMISSION,
    "apps.accounts.api.permissions": PERMISSION,
    "apps.accounts.api.authentication": PERMISSION,
    "apps.outreach.links": PERMISSION,
    "apps.outreach.visits": PERMISSION,
    "apps.*.scopes": PERMISSION,
    "apps.models.services.seen": PERMISSION,
    "apps.models.disclosure.*": DISCLOSURE,
    "apps.tenants.hosts": TENANT,
    "apps.tenants.middleware": TENANT,
    "apps.tenants.tasks": TENANT,
    "apps.tenants.routers": TENANT,
    "apps.tenants.backend.base": TENANT,
}
#: Those in which a choice (``a if b else c``) is a guard, too; in those of disclosure it always is.
OF_CHOICES: Final = frozenset({"apps.accounts.authz", "apps.outreach.links", "apps.accounts.api.permissions"})

#: Calls, and what is there without them: ``{0}`` is the first argument, ``{self}`` what the method is called on.
CALLS: Final = (
    (
        r"allows|everywhere|somewhere|holds|has_perm|admits|asks|_sees|sees_version|sees_more_than_own",
        PERMISSION,
        "True",
    ),
    (r"may_read_answers|may_read_frozen|_may_show|is_at_its_end|is_final|_is_safe", DISCLOSURE, "True"),
    (r"_?may_\w+", PERMISSION, "True"),
    (r"authz\.narrow|require(_everywhere|_each)?|check_(object_)?permissions|_check_may_import", PERMISSION, "None"),
    (r"visible|run_by|_covered", PERMISSION, "{0}"),
    (r"seen_by", PERMISSION, "{1}"),
    (r"unseen", PERMISSION, "iter(())"),
    (r"refuse_single_answers", DISCLOSURE, "None"),
    (r"readable_responses", DISCLOSURE, "{0}.responses.all()"),
    (r"blinded", DISCLOSURE, "list({0})"),
    (r"grouped|withheld_from", DISCLOSURE, "{0}"),
    (r"_without_answers", DISCLOSURE, "dict({0})"),
    (r"explanation_for", DISCLOSURE, "dict({1})"),
    (r"nodes_shown", DISCLOSURE, "dict.fromkeys({0}.nodes, 99)"),
    (r"questions_shown", DISCLOSURE, "{{one.question.code for one in {0}.questions}}"),
    (r"hidden_groups|groups_to_hide", DISCLOSURE, "set()"),
    (r"_equations", DISCLOSURE, "{{}}"),
    (r"names_small_groups|is_waiting|_tells", DISCLOSURE, "False"),
    (r"runs_of", DISCLOSURE, "{0}.runs.all()"),
    (r"\w+\.objects\.shown", DISCLOSURE, "{self}"),
    (r"sample", DISCLOSURE, "list({0})[: {1}]"),
    (r"current_schema", TENANT, "'one'"),
    (r"select_for_update", LOCK, "{self}"),
    (r"hold", LOCK, "None"),
    (r"_?(all_)?locked(_\w+)?|lock", LOCK, ""),
)
CONTEXTS: Final = frozenset({"schema_context", "tenant_context"})
#: Keyword arguments of look-ups, by which rows are kept apart.
LOOKUPS: Final = frozenset({"filter", "exclude", "get"})
KEYWORDS: Final = (
    (re.compile(r"(\w+__)?(tenant|tenant_id|schema_name|domain)"), TENANT),
    (re.compile(r"(\w+__)?(confidential|is_counted|disclosed__isnull)"), DISCLOSURE),
    (re.compile(r"requested_by|reach|owner|is_active"), PERMISSION),
)
ATTRIBUTES: Final = {"confidential": (DISCLOSURE, "False"), "is_platform": (TENANT, "True")}
NAMES: Final = {"FEWEST": "1"}
#: Attributes of classes, and what they are without the guard.
OF_CLASSES: Final = {"permission_classes": "()", "of_tenant": "False"}
REFUSALS: Final = frozenset({"PermissionDenied", "NotPermitted", "ReachLost", "AnswersWithheld", "NotReleased"})
OF_TENANT: Final = re.compile(r"schema_name|_schema\(|get\('schema'\)|tenant", re.IGNORECASE)
#: Where schemas and tenants are made and looked after, which is no question of whose a thing is; and no product at all.
NOT_APART: Final = re.compile(r"apps\.tenants\.(fleet|provisioning|services)|resimate\..+")
ASKED_BY_DJANGO: Final = re.compile(r"has_(\w+_)?permission|has_module_perms|lookup_allowed")
#: Guards that stand in one place for many pages or views, by how its name begins; each page is tried alone by what it
#: opens of these.
SHARED: Final = {
    ("workspace_page.", "admits"): "workspace_page",
    ("Granted.has_permission", "asks"): "Granted",
    ("CollectionView.get_queryset", "visible"): "CollectionView",
}
#: Decorators that are guards, and which shared guard they lead to; without one the bare function stands for it.
DECORATORS: Final = {"workspace_page": "workspace_page", "login_required": ""}
