"""What is written keeps our own rules for security, and each rule can tell what breaks it from what keeps it."""

import ast
import re
from pathlib import Path

import pytest

from resimate.tests.security_rules import RULES, broken
from resimate.tests.sources import ROOT, modules

pytestmark = pytest.mark.requirement("TEST-003", "SEC-001")

#: Markup that a template puts out as it is, each for its reason.
AS_IT_IS = {
    "templates/components/field.html": "what a field says of itself, written by us",
    "templates/components/statement.html": "attributes that another template wrote",
}
#: Forms whose address proves who sends them: nobody is signed in there, and there is no cookie to misuse.
BY_ADDRESS = {
    "templates/campaigns/respond/check.html",
    "templates/campaigns/respond/section.html",
    "templates/elicitation/answer/check.html",
    "templates/elicitation/answer/node.html",
}
RAW = re.compile(r"\|\s*safe(seq)?\b|autoescape off")
POST = re.compile(r"<form\b[^>]*method=[\"']?post", re.IGNORECASE)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_broken_where_it_may_be_and_nowhere_else(name: str) -> None:
    rule = RULES[name]
    found = list(broken(rule))

    assert {place.rpartition(":")[0] for place in found} == rule.allowed.keys(), f"{rule.why}: {found}"


@pytest.mark.parametrize("name", RULES)
def test_a_rule_tells_its_two_samples_apart(name: str) -> None:
    rule = RULES[name]

    assert list(rule.find(ast.parse(rule.bad))) != []
    assert list(rule.find(ast.parse(rule.good))) == []


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("statements", "cursor.execute('SELECT ' + name)"),
        ("statements", "cursor.execute('SELECT %s' % name)"),
        ("statements", "Thing.objects.raw('SELECT {}'.format(name))"),
        ("statements", "RawSQL(f'{name} > 1', [])"),
        ("markup", "SafeString(name)"),
        ("files", "(folder / request.GET['name']).read_bytes()"),
        ("redirects", "HttpResponseRedirect(request.headers['Referer'])"),
        ("forgery", "page = decorators.csrf_exempt(page)"),
        ("open doors", "class Doors:\n    authentication_classes = ()"),
        ("certificates", "requests.get(url, verify=False)"),
        ("certificates", "context.verify_mode = ssl.CERT_NONE"),
        ("who asks", "request.META.get('HTTP_X_FORWARDED_HOST')"),
        ("tenants", "connection.set_schema(name)"),
        ("logs", "logger.warning(request.body)"),
        ("comparisons", "if signature != made: ..."),
    ],
)
def test_other_ways_to_break_it_are_noticed(name: str, sample: str) -> None:
    assert list(RULES[name].find(ast.parse(sample))) == [len(sample.splitlines())]


def test_templates_put_nothing_out_as_it_is() -> None:
    pages = (ROOT / "templates").rglob("*.html")
    found = {str(path.relative_to(ROOT)) for path in pages if _has(path, RAW)}

    assert found == set(AS_IT_IS)


def test_every_form_carries_its_token() -> None:
    pages = [path for path in (ROOT / "templates").rglob("*.html") if _has(path, POST)]
    bare = {str(path.relative_to(ROOT)) for path in pages if _forms(path) > path.read_text().count("csrf_token")}

    assert len(pages) > 20
    assert bare == BY_ADDRESS


def _has(path: Path, what: re.Pattern[str]) -> bool:
    return what.search(path.read_text()) is not None


def _forms(path: Path) -> int:
    return len(POST.findall(path.read_text()))


def test_whoever_passes_over_a_rule_of_ruff_for_security_says_why() -> None:
    bare = re.compile(r"# noqa: [A-Z0-9, ]*\bS\d{3}[A-Z0-9, ]*$", re.MULTILINE)
    found = [path for path in modules() if "tests" not in path.parts and bare.search(path.read_text("utf-8"))]

    assert [str(path.relative_to(ROOT)) for path in found] == []
