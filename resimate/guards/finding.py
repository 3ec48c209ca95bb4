"""Find the guards of a module, and write the module anew with a switch beside each."""

import ast
import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import Any

from resimate.guards import rules

LONGEST = 160
SWITCHES = ast.parse("from resimate.guards import switches as _guard").body[0]
#: A comparison that passes whatever is compared.
PASSES = {ast.Eq: True, ast.Is: True, ast.In: True, ast.NotEq: False, ast.IsNot: False, ast.NotIn: False}


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: ``place`` is the function's qualified name, ``text`` what the guard says and what it became."""

    number: int
    kind: str
    place: str
    text: str
    path: str
    line: int

    @property
    def key(self) -> str:
        return f"{self.place}: {self.text}"


def sources(root: Path) -> list[Path]:
    """The modules of the product: neither tests nor migrations, nor what measures it."""
    left = {"tests", "migrations", "bench", "guards", "demo", "contracts", "launch.py"}
    found = [*root.glob("apps/**/*.py"), *root.glob("resimate/**/*.py")]
    return sorted(path for path in found if not left & set(path.relative_to(root).parts))


def find(root: Path) -> dict[Path, tuple[str, list[Guard]]]:
    """Of each module with guards: its text with switches, and the guards, numbered through from 1."""
    found: dict[Path, tuple[str, list[Guard]]] = {}
    numbers = count(1)
    for path in sources(root):
        switched = Switched(path.relative_to(root), numbers)
        text = switched.written(path.read_text())
        if switched.guards:
            found[path] = text, switched.guards
    return found


class Switched(ast.NodeTransformer):
    """Puts ``(without if switched off else guard)`` in the place of each guard of one module."""

    def __init__(self, path: Path, numbers: "count[int]") -> None:
        self.path, self.numbers = path, numbers
        self.module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        self.kind = next((kind for name, kind in rules.OF_GUARDS.items() if fnmatchcase(self.module, name)), "")
        self.guards: list[Guard] = []
        self.names: list[str] = []
        self.depth = self.loops = 0
        self.seen: Counter[str] = Counter()

    def written(self, text: str) -> str:
        tree = self.visit(ast.parse(text))
        body = tree.body
        first = next((at for at, one in enumerate(body) if not _is_head(one)), len(body))
        tree.body = [*body[:first], SWITCHES, *body[first:]]
        return ast.unparse(ast.fix_missing_locations(tree))

    # -- what a guard becomes

    def guard(self, kind: str, node: Any, text: str) -> int:
        """Write a guard down; its number."""
        place = f"{self.module}:{'.'.join(self.names)}"
        text = " ".join(text.split())[:LONGEST]
        self.seen[place + text] += 1
        if self.seen[place + text] > 1:
            text += f" #{self.seen[place + text]}"
        self.guards.append(Guard(next(self.numbers), kind, place, text, str(self.path), getattr(node, "lineno", 0)))
        return self.guards[-1].number

    def off(self, kind: str, node: Any, without: str, text: str = "", shared: str = "") -> ast.expr:
        number = self.guard(kind, node, text if " -> " in text else f"{text or ast.unparse(node)} -> {without}")
        asked = f"_guard.off({number}, {shared!r})" if shared else f"_guard.off({number})"
        return ast.IfExp(_parsed(asked), _parsed(without), node)

    def tested(self, node: Any) -> tuple[Any, bool]:
        """The same of a condition, of which each part is a guard where it stands among guards."""
        _mark(node)
        return self.visited(node)

    def visited(self, node: Any) -> tuple[Any, bool]:
        """The node with its own guards switched, and whether it has any."""
        before = len(self.guards)
        node = self.visit(node)
        return node, len(self.guards) > before

    # -- where we are

    def visit_FunctionDef(self, node: Any) -> Any:
        node.decorator_list = [self.decorator(one, node.name) for one in node.decorator_list]
        self.names.append(node.name)
        self.depth += 1
        node.body = [self.visit(one) for one in node.body]
        self.depth -= 1
        self.names.pop()
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        self.depth += 1
        node.body = self.visit(node.body)
        self.depth -= 1
        return node

    def visit_ClassDef(self, node: Any) -> Any:
        self.names.append(node.name)
        values = {one.targets[0].id: one for one in node.body if _is_plain(one)}
        asks = "resource" in values and values["resource"].value.value and "permission_classes" not in values
        if asks:
            asked = self.guard(rules.PERMISSION, node, "check_permissions -> whoever is signed in")
            listed = self.guard(rules.PERMISSION, node, "get_queryset -> all rows") if _lists_what_is_seen(node) else 0
            node.decorator_list.append(_parsed(f"_guard.view({asked}, {listed})"))
        for name, without in rules.OF_CLASSES.items():
            if name in values and "AllowAny" not in ast.unparse(values[name].value):
                number = self.guard(rules.PERMISSION, node, f"{ast.unparse(values[name])} -> {without}")
                values[name].value = _call("Attribute", number, values[name].value, without)
        node.body = [self.visit(one) for one in node.body]
        self.names.pop()
        return node

    def visit_While(self, node: Any) -> Any:
        self.loops += 1
        node = self.generic_visit(node)
        self.loops -= 1
        return node

    def visit_AnnAssign(self, node: Any) -> Any:
        node.value = self.visit(node.value) if node.value else None
        return node

    def decorator(self, node: Any, name: str) -> Any:
        called = _name(node.func) if isinstance(node, ast.Call) else _name(node)
        if called not in rules.DECORATORS or (self.depth and not rules.DECORATORS[called]):
            return node
        self.names.append(name)
        number = self.guard(rules.PERMISSION, node, f"@{ast.unparse(node)} -> open")
        self.names.pop()
        return _call("around", number, node, repr(rules.DECORATORS[called]))

    # -- guards by name, everywhere

    def visit_Call(self, node: Any) -> Any:
        plain, name, dotted = deepcopy(node), _name(node.func), ast.unparse(node.func)
        if name == "bool":
            _mark(*node.args)
        node = self.generic_visit(node)
        if not self.depth:
            return node
        if name in (*rules.LOOKUPS, "Q", "execute"):
            return self.of_database(node, plain)
        for names, kind, template in rules.CALLS:
            if re.fullmatch(names, name) or re.fullmatch(names, dotted):
                return self.call(node, plain, kind, template)
        return node

    def of_database(self, node: ast.Call, plain: ast.Call) -> Any:
        """A look-up, a condition of a scope, or a statement that takes an advisory lock."""
        name, text = _name(node.func), ast.unparse(plain)
        if name in rules.LOOKUPS and isinstance(node.func, ast.Attribute):
            return self.look_up(node, plain)
        if name == "Q" and self.module.endswith(".scopes"):
            return self.off(rules.PERMISSION, node, "Q()", text)
        if name == "execute" and re.search(r"advisory(_xact)?_lock\(", text):
            return self.off(rules.LOCK, node, f"{_receiver(node)}.execute('SELECT true')", text)
        return node

    def call(self, node: ast.Call, plain: ast.Call, kind: str, template: str) -> Any:
        """A call that is a guard by its name; without a template it is one that locks."""
        text = ast.unparse(plain)
        if not template:
            return _call("locked", self.guard(kind, node, f"{text} -> no lock"), ast.Lambda(_NOTHING, node))
        shared = next((to for (place, name), to in rules.SHARED.items() if self._is_in(place, name, node)), "")
        return self.off(kind, node, _filled(template, node), f"{text} -> {_filled(template, plain)}", shared)

    def _is_in(self, place: str, name: str, node: ast.Call) -> bool:
        return ".".join(self.names).startswith(place) and _name(node.func) == name

    def look_up(self, node: ast.Call, plain: ast.Call) -> Any:
        """A look-up without one of its conditions; where every condition is a guard, else without them all."""
        text = ast.unparse(plain)
        switched: Any = node
        for keyword in node.keywords:
            kind = next((kind for names, kind in rules.KEYWORDS if names.fullmatch(keyword.arg or "")), "")
            if kind:
                rest = [one for one in node.keywords if one.arg != keyword.arg]
                number = self.guard(kind, node, f"{text} -> without {keyword.arg}")
                bare = ast.Call(deepcopy(node.func), deepcopy(node.args), deepcopy(rest))
                switched = ast.IfExp(_parsed(f"_guard.off({number})"), bare, switched)
        if switched is node and self.kind not in ("", rules.TENANT) and _name(node.func) != "get":
            return self.off(self.kind, node, _receiver(node), f"{text} -> {_receiver(plain)}")
        return switched

    def visit_Attribute(self, node: Any) -> Any:
        text = ast.unparse(node)
        node = self.generic_visit(node)
        if not self.depth or node.attr not in rules.ATTRIBUTES or not isinstance(node.ctx, ast.Load):
            return node
        return self.off(rules.ATTRIBUTES[node.attr][0], node, rules.ATTRIBUTES[node.attr][1], text)

    def visit_Compare(self, node: ast.Compare) -> Any:
        text = ast.unparse(node)
        is_apart = self.depth and rules.OF_TENANT.search(text) and not rules.NOT_APART.fullmatch(self.module)
        if not is_apart or text.endswith(" None") or len(node.ops) > 1 or type(node.ops[0]) not in PASSES:
            return self.generic_visit(node)
        return self.off(self.kind or rules.TENANT, node, str(PASSES[type(node.ops[0])]))

    def visit_With(self, node: ast.With) -> Any:
        for item in node.items:
            item.context_expr, has_guards = self.visited(item.context_expr)
            if self.depth and not has_guards and _name(getattr(item.context_expr, "func", None)) in rules.CONTEXTS:
                without = "__import__('contextlib').nullcontext()"
                text = ast.unparse(item.context_expr)
                item.context_expr = self.off(rules.TENANT, item.context_expr, without, text)
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_Return(self, node: ast.Return) -> Any:
        if node.value is None:
            return node
        text, is_asked = ast.unparse(node.value), rules.ASKED_BY_DJANGO.fullmatch(self.names[-1])
        _mark(node.value)
        node.value, has_guards = self.visited(node.value)
        if is_asked and not has_guards and text != "True":
            node.value = self.off(rules.PERMISSION, node.value, "True", text)
        return node

    # -- conditions

    def visit_If(self, node: ast.If) -> Any:
        text = ast.unparse(node.test)
        node.test, has_guards = self.tested(node.test)
        kind = self.kind or self.refusing(node)
        if self.depth and kind and not has_guards and self.ends(node) and not _asks_whether_there_is_one(text):
            node.test = self.off(kind, node.test, "False", f"if {text}")
        node.body = [self.visit(one) for one in node.body]
        node.orelse = [self.visit(one) for one in node.orelse]
        return node

    def refusing(self, node: ast.If) -> str:
        raised = ast.unparse(node.body[-1]) if isinstance(node.body[-1], ast.Raise) else ""
        return rules.PERMISSION if any(name in raised for name in rules.REFUSALS) else ""

    @staticmethod
    def ends(node: ast.If) -> bool:
        last = node.body[-1]
        return isinstance(last, ast.Raise | ast.Return | ast.Continue) and ast.unparse(last) != "return True"

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        is_condition = hasattr(node, "is_condition") or isinstance(node.op, ast.And)
        in_guard = self.kind or any(rules.ASKED_BY_DJANGO.fullmatch(name) for name in self.names[-1:])
        for at, one in enumerate(node.values):
            text = ast.unparse(one)
            node.values[at], has_guards = self.tested(one) if is_condition else self.visited(one)
            if self.depth and in_guard and is_condition and not has_guards and not _is_literal(one):
                without = str(isinstance(node.op, ast.And))
                node.values[at] = self.off(self.kind or rules.PERMISSION, node.values[at], without, text)
        return node

    def visit_UnaryOp(self, node: Any) -> Any:
        _mark(node.operand)
        return self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        text = ast.unparse(node.test)
        node.test, has_guards = self.tested(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        if self.depth and not has_guards and (self.kind == rules.DISCLOSURE or self.module in rules.OF_CHOICES):
            for without in ("True", "False"):
                node.test = ast.copy_location(self.off(self.kind, node.test, without, f"... if {text} else ..."), node)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        node.iter = self.visit(node.iter)
        for at, one in enumerate(node.ifs):
            text = ast.unparse(one)
            node.ifs[at], has_guards = self.tested(one)
            if self.depth and self.kind and not has_guards:
                node.ifs[at] = self.off(self.kind, node.ifs[at], "True", f"for ... if {text}")
        return node

    def visit_Name(self, node: ast.Name) -> Any:
        is_rule = self.depth and node.id in rules.NAMES and not self.module.startswith("apps.audit")
        return self.off(rules.DISCLOSURE, node, rules.NAMES[node.id]) if is_rule else node

    # -- what a rule does, line by line

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        text = ast.unparse(node)
        node.value, has_guards = self.visited(node.value)
        if self.kind == rules.DISCLOSURE and isinstance(node.op, ast.Sub) and not has_guards:
            node.value = self.off(self.kind, node.value, "set()", text)
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        text = ast.unparse(node)
        node.value, has_guards = self.visited(node.value)
        is_rule = self.kind == rules.DISCLOSURE and self.depth and not self.loops
        if is_rule and not has_guards and isinstance(node.value, ast.Call):
            node.value = self.off(self.kind, node.value, "None", text)
        return node


_NOTHING = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _call(name: str, number: int, node: ast.expr, *others: str) -> ast.Call:
    """A call of one of the switches with the guard itself."""
    return ast.Call(_parsed(f"_guard.{name}"), [ast.Constant(number), node, *map(_parsed, others)], [])


def _name(node: Any) -> str:
    """The last name of what is called; empty when it has none."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _mark(*nodes: Any) -> None:
    """Say of nodes that they are conditions, not values."""
    for node in nodes:
        node.is_condition = True


def _receiver(node: ast.Call) -> str:
    return ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else "None"


def _filled(template: str, node: ast.Call) -> str:
    """What is there instead of a call, made of its parts."""
    given = [*map(ast.unparse, node.args), "None", "None"]
    return template.format(*given, self=_receiver(node))


def _lists_what_is_seen(node: ast.ClassDef) -> bool:
    """Whether a view takes its rows from the base of all collections."""
    own = "".join(ast.unparse(one) for one in node.body if getattr(one, "name", "") == "get_queryset")
    return any("Collection" in ast.unparse(base) for base in node.bases) and (not own or "super().get_queryset" in own)


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Dict | ast.List | ast.Tuple)


def _asks_whether_there_is_one(text: str) -> bool:
    """``x is None``: without it the code breaks, or refuses more."""
    return text.endswith((" is None", " is not None"))


def _is_head(node: ast.stmt) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _is_plain(node: Any) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
