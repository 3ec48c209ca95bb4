"""Falco's rules as we read them: lists and macros are filled in, conditions evaluated over events. It is not here.

The language: ``and``, ``or``, ``not``, comparisons of a field with a value or with those in brackets.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

Event = dict[str, Any]
Test = Callable[[Event], bool]
_WORD: Final = re.compile(r'"[^"]*"|[()]|,|>=|<=|!=|=|>|<|[^\s(),=<>!"]+')
#: The fields that conditions and texts of ours name, as Falco lists them, and those whose values are numbers.
NUMBERS: Final = {"fd.num", "fd.sport", "user.uid", "proc.tty"}
FIELDS: Final = NUMBERS | {
    *("evt.type", "evt.args", "evt.arg.mode", "evt.is_open_read", "evt.is_open_write", "evt.is_open_exec"),
    *("fd.name", "fd.typechar", "fd.l4proto", "fd.sip", "fd.snet"),
    *("proc.name", "proc.pname", "proc.cmdline", "proc.exepath", "container.image.repository"),
    *("k8s.ns.name", "k8s.pod.name", "k8s.pod.label[tier]", "k8s.pod.label[serves]"),
}
KEYS: Final = {
    "rule": {"rule", "desc", "condition", "output", "priority", "tags"},
    "macro": {"macro", "condition"},
    "list": {"list", "items"},
    "required_engine_version": {"required_engine_version"},
}


class NotInTheLanguage(ValueError):
    """A condition that Falco would not read."""


@dataclass(frozen=True)
class Rule:
    name: str
    condition: str
    output: str
    priority: str
    is_met: Test


class _Reader:
    """Recursive descent: ``or`` of ``and`` of ``not`` of what is in brackets, a macro, or a comparison."""

    def __init__(self, text: str, macros: dict[str, Test], lists: dict[str, list[str]]) -> None:
        self.words = _WORD.findall(text)
        if "".join(self.words) != re.sub(r"\s+", "", text) and '"' not in text:
            raise NotInTheLanguage(text)
        self.macros, self.lists = macros, lists

    def whole(self) -> Test:
        test = self.alternatives()
        if self.words:
            raise NotInTheLanguage(f"what is {self.words[0]}?")
        return test

    def alternatives(self) -> Test:
        tests = [self.together()]
        while self.take("or"):
            tests.append(self.together())
        return lambda event: any(test(event) for test in tests)

    def together(self) -> Test:
        tests = [self.one()]
        while self.take("and"):
            tests.append(self.one())
        return lambda event: all(test(event) for test in tests)

    def one(self) -> Test:
        if self.take("not"):
            inner = self.one()
            return lambda event: not inner(event)
        if self.take("("):
            inner = self.alternatives()
            self.expect(")")
            return inner
        word = self.words.pop(0) if self.words else ""
        return self.macros[word] if word in self.macros else self.comparison(word)

    def comparison(self, name: str) -> Test:
        if name not in FIELDS or not self.words:
            raise NotInTheLanguage(f"there is no field or macro {name!r}")
        how = self.words.pop(0)
        values = self.values() if how == "in" else [self.words.pop(0).strip('"')]
        return _compared(name, how, values)

    def values(self) -> list[str]:
        self.expect("(")
        found: list[str] = []
        while not self.take(")"):
            word = self.words.pop(0)
            found += self.lists.get(word, [word.strip('"')]) if word != "," else []
        return found

    def take(self, word: str) -> bool:
        if self.words[:1] == [word]:
            self.words.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise NotInTheLanguage(f"{word} is missing")


def _compared(name: str, how: str, values: list[str]) -> Test:
    (value, *_) = values
    if how in (">", ">=", "<", "<=") or name in NUMBERS:
        int(value)
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda told: str(told) == value,
        "!=": lambda told: str(told) != value,
        ">=": lambda told: int(told) >= int(value),
        "in": lambda told: (
            any(ip_address(told) in ip_network(one) for one in values) if name == "fd.snet" else str(told) in values
        ),
        "startswith": lambda told: str(told).startswith(value),
        "contains": lambda told: value in str(told),
    }
    if how not in tests:
        raise NotInTheLanguage(f"there is no operator {how!r}")
    # What an event does not have compares with nothing.
    return lambda event: name in event and tests[how](event[name])


def rules(items: list[dict[str, Any]]) -> Iterator[Rule]:
    macros: dict[str, Test] = {}
    lists: dict[str, list[str]] = {}
    for item in items:
        kind = next(iter(item))
        if kind not in KEYS or set(item) != KEYS[kind]:
            raise NotInTheLanguage(f"a {kind} has {sorted(item)}")
        if kind == "list":
            lists[item["list"]] = [str(one) for one in item["items"]]
        elif kind != "required_engine_version":
            test = _Reader(item["condition"], macros, lists).whole()
            if kind == "macro":
                macros[item["macro"]] = test
            else:
                yield Rule(item["rule"], item["condition"], item["output"], item["priority"], test)
