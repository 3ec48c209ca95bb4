"""Rules of our own for what is written, beside those of ruff (bandit's are its ``S``).

Each has what it is for, a sample that breaks it and one that keeps it, and the places that may do otherwise, each for
its reason.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from resimate.tests.sources import ROOT, modules

FACES = {"admin", "api", "forms", "panels", "serializers", "views"}
ASKED_FOR = {"GET", "POST", "FILES", "META", "headers", "body", "data", "query_params", "COOKIES"}
SECRETS = re.compile(r"(^|_)(token|secret|signature|mac|password|code_hash|otp)$")


@dataclass(frozen=True)
class Rule:
    """``find`` gives the lines that break it."""

    why: str
    find: Callable[[ast.Module], Iterator[int]]
    bad: str
    good: str
    of_faces: bool = False
    allowed: dict[str, str] = field(default_factory=dict)


def _calls(tree: ast.Module, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last(node.func) in names:
            yield node


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_put_together(node: ast.AST) -> bool:
    """A text of several pieces: with values in it, a sum, a ``%`` or ``str.format``. psycopg's composer quotes."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return any(isinstance(part, (ast.JoinedStr, ast.Constant)) for part in (node.left, node.right))
    plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.value
    return isinstance(plain, ast.Constant) and _last(getattr(node, "func", node)) in ("format", "join")


def _statements(tree: ast.Module) -> Iterator[int]:
    made = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_put_together(node.value)
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.isupper()  # a constant is of our own words
    }
    for call in _calls(tree, "execute", "executemany", "copy", "raw", "extra", "RawSQL", "callproc"):
        for first in call.args[:1]:
            if _is_put_together(first) or (isinstance(first, ast.Name) and first.id in made):
                yield call.lineno


def _markup(tree: ast.Module) -> Iterator[int]:
    yield from (call.lineno for call in _calls(tree, "SafeString", "mark_safe", "SafeData"))
    yield from (call.lineno for call in _calls(tree, "format_html") if _is_put_together((*call.args, call)[0]))


def _files(tree: ast.Module) -> Iterator[int]:
    yield from (call.lineno for call in _calls(tree, "open", "read_text", "read_bytes", "write_text", "unlink"))


def _asks(node: ast.AST) -> bool:
    """Whether something that a request brought stands in it as it came."""
    return any(isinstance(one, ast.Attribute) and one.attr in ASKED_FOR for one in ast.walk(node))


def _redirects(tree: ast.Module) -> Iterator[int]:
    for call in _calls(tree, "redirect", "HttpResponseRedirect", "HttpResponsePermanentRedirect"):
        if any(_asks(one) for one in call.args[:1]):
            yield call.lineno


def _forgery(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and _last(node) == "csrf_exempt":
            yield node.lineno


def _open_doors(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "AllowAny":
            yield node.lineno
        elif isinstance(node, ast.Assign) and _last(node.targets[0]) in (
            "permission_classes",
            "authentication_classes",
        ):
            yield from [node.lineno] * (isinstance(node.value, (ast.List, ast.Tuple)) and not node.value.elts)


def _unverified(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        is_off = isinstance(node, ast.Assign) and _last(node.targets[0]) == "check_hostname"
        if is_off or _last(node) in ("CERT_NONE", "_create_unverified_context"):
            yield getattr(node, "lineno", 0)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for one in call.keywords:
            if one.arg in ("verify", "verify_ssl") and isinstance(one.value, ast.Constant) and not one.value.value:
                yield call.lineno


def _believed(tree: ast.Module) -> Iterator[int]:
    told = re.compile(r"(HTTP_)?(X[_-])?(FORWARDED([_-]\w+)?|REAL[_-]IP)|HTTP_HOST|HOST", re.IGNORECASE)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _last(node.value) in ("META", "headers", "environ"):
            key: ast.AST | None = node.slice
        elif isinstance(node, ast.Call) and _last(getattr(node.func, "value", node)) in ("META", "headers"):
            key = node.args[0] if node.args else None
        else:
            continue
        if isinstance(key, ast.Constant) and told.fullmatch(str(key.value)):
            yield node.lineno


def _crossings(tree: ast.Module) -> Iterator[int]:
    yield from (one.lineno for one in _calls(tree, "schema_context", "tenant_context", "owner_in", "set_schema"))


def _told(tree: ast.Module) -> Iterator[int]:
    for call in _calls(tree, "debug", "info", "warning", "error", "exception", "critical"):
        if _last(getattr(call.func, "value", call)) == "logger" and any(
            _asks(one) for one in (*call.args, *call.keywords)
        ):
            yield call.lineno


def _compared(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sides = (node.left, *node.comparators)
            is_plain = any(isinstance(one, ast.Constant) for one in sides)
            if not is_plain and any(SECRETS.search(_last(one)) for one in sides):
                yield node.lineno


RULES = {
    "statements": Rule(
        "a statement is written whole, or put together by psycopg's composer, which quotes",
        _statements,
        bad='query = f"SELECT {name}"\ncursor.execute(query)',
        good='cursor.execute(sql.SQL("SELECT {}").format(sql.Identifier(name)))\ncursor.execute(QUERY, [name])',
        allowed={
            "apps/core/locking.py": "one of two names of functions",
            "apps/core/bulk_insert.py": "names of a model's columns, which Django quotes",
        },
    ),
    "markup": Rule(
        "markup is made by format_html, which escapes what is put into it",
        _markup,
        bad='format_html(f"<b>{name}</b>")',
        good='format_html("<b>{}</b>", name)',
        allowed={
            "apps/factors/totp.py": "made of squares alone: the text is not in it",
            "apps/core/templatetags/components.py": "words of what was escaped",
            "resimate_charts/canvas.py": "every value is escaped on the line before",
            "resimate_charts/sparkline.py": "a drawing of the canvas with one more word of ours",
        },
    ),
    "files": Rule(
        "a face opens no file: what is kept is asked for by its id (apps.files)",
        _files,
        bad="open(request.GET['name'])",
        good="files.opened(pk)",
        of_faces=True,
        allowed={
            "apps/factors/views/approvals.py": "the one script that a browser keeps",
        },
    ),
    "redirects": Rule(
        "nobody is sent where a request says, but through the one function that holds it against our hosts",
        _redirects,
        bad="redirect(request.GET['next'])",
        good="redirect(target_of(request))",
    ),
    "forgery": Rule(
        "forms are only taken with their token",
        _forgery,
        bad="@csrf_exempt\ndef page(request): ...",
        good="@require_POST\ndef page(request): ...",
        allowed={
            "apps/oauth/views/programs.py": "programs, by their own secret and without a cookie",
            "apps/factors/views/approvals.py": "a browser's own renewal: what proves it is the address",
            "apps/outreach/visits.py": "personal links: what proves it is the address",
            "apps/core/api/problems.py": "says that there is nothing",
            "resimate/urls/serving.py": "says that another process has it",
        },
    ),
    "open doors": Rule(
        "every address of the API asks who somebody is",
        _open_doors,
        bad="class Doors:\n    permission_classes = []",
        good="class Doors:\n    permission_classes = [IsSignedIn]",
        allowed={
            "apps/models/api/schemas.py": "schemas for all to read",
        },
    ),
    "certificates": Rule(
        "whoever is called shows who they are",
        _unverified,
        bad="context.check_hostname = False",
        good="context = ssl.create_default_context()",
    ),
    "who asks": Rule(
        "what proxies and clients say of host and address is read in one place, as far as it is believed",
        _believed,
        bad="request.headers['X-Forwarded-For']",
        good="client_address(request)",
        allowed={
            "apps/core/observability/middleware.py": "the one place for addresses",
            "resimate/front/exchange.py": "the one place for hosts",
        },
    ),
    "tenants": Rule(
        "a face works in the tenant that its host names",
        _crossings,
        bad="with schema_context(request.GET['tenant']): ...",
        good="Campaign.objects.all()",
        of_faces=True,
    ),
    "logs": Rule(
        "what a request brought is not written to a log",
        _told,
        bad="logger.info('sent', extra={'sent': request.POST})",
        good="logger.info('sent', extra={'campaign_id': campaign.pk})",
    ),
    "comparisons": Rule(
        "what opens something is compared in constant time",
        _compared,
        bad="if given.token == wanted: ...",
        good="if constant_time_compare(token, wanted): ...",
        allowed={
            "apps/outreach/links.py": "two spellings of what was sent",
            "apps/keys/providers/vault.py": "our own token, with itself",
            "apps/keys/services/owning.py": "whether what we made comes back",
            "apps/accounts/models.py": "two spellings of what was typed",
            "apps/accounts/services/users.py": "both were typed just now",
            "resimate/fips.py": "whether what we made comes back",
            "resimate_engine/formula.py": "a word of a formula",
        },
    ),
}


@cache
def _written() -> list[tuple[tuple[str, ...], ast.Module]]:
    """What the product runs, read once."""
    named = ((path.relative_to(ROOT).parts, path) for path in modules())
    own = ((parts, path) for parts, path in named if not {"tests", "migrations", "bench", "guards"} & set(parts))
    return [(parts, ast.parse(path.read_text(encoding="utf-8"))) for parts, path in own]


def broken(rule: Rule) -> Iterator[str]:
    """Where it is broken."""
    for parts, tree in _written():
        if not rule.of_faces or _is_face(parts):
            yield from (f"{'/'.join(parts)}:{line}" for line in rule.find(tree))


def _is_face(parts: tuple[str, ...]) -> bool:
    return parts[0] == "apps" and bool(FACES & {one.removesuffix(".py").partition("_")[0] for one in parts[2:]})
