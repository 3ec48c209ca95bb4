"""A small language for formulas over the codes of a node's children.

    expression := term (("+" | "-") term)*            50 * (readiness - vulnerability + 1)
    term       := unary (("*" | "/") unary)*          exposure * vulnerability / 100
    unary      := ("+" | "-") unary | power           -a ** 2 is -(a ** 2), as in Python
    power      := atom ["**" unary]
    atom       := number | code | function "(" expression ("," expression)* ")" | "(" expression ")"

Functions: min max ln exp sqrt abs. Text is parsed into a program for a stack of columns and never run as Python. What
is not defined or not finite, such as a division by zero, has no value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import product
from typing import Final, TypeAlias

import numpy as np

from resimate_engine.aggregation import Children
from resimate_engine.arrays import Array, each, finite
from resimate_engine.registry import Parameter, method
from resimate_text.sentences import Sentence

LONGEST: Final = 2000
DEEPEST: Final = 30
END: Final = "the end"  # stands for a token where there is none
TOKEN: Final = re.compile(r"\s*((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z][A-Za-z0-9_]*|\*\*|[-+*/(),])", re.ASCII)


class FormulaInvalid(ValueError):
    """A text that is no formula; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Number:
    """Put a number on the stack."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """Put the value of a child on the stack."""

    code: str


@dataclass(frozen=True, slots=True)
class Apply:
    """Replace the last ``operands`` values on the stack by the result of a function of them."""

    function: str
    operands: int


Program: TypeAlias = tuple[Number | Name | Apply, ...]


def names(program: Program) -> frozenset[str]:
    """Return the codes that a formula refers to."""
    return frozenset(step.code for step in program if isinstance(step, Name))


@lru_cache(maxsize=512)
def parse(text: str) -> Program:
    """Return a formula in postfix order, which is worked off without recursion.

    >>> parse("2 * a")
    (Number(value=2.0), Name(code='a'), Apply(function='*', operands=2))

    Raises ``FormulaInvalid``.
    """
    if len(text) > LONGEST:
        raise FormulaInvalid(Sentence("a formula can have at most {most} characters", most=LONGEST))
    parser = _Parser(tuple(_tokens(text)))
    parser.expression(0)
    parser.expect(END)
    return tuple(parser.program)


def _tokens(text: str) -> Iterator[str]:
    position = 0
    rest = text.rstrip()
    while position < len(rest):
        token = TOKEN.match(rest, position)
        if token is None:
            detail = Sentence(
                "character {place}: {text!r} cannot be read", place=position + 1, text=rest[position : position + 10]
            )
            raise FormulaInvalid(detail)
        position = token.end()
        yield token.group(1)


@dataclass(slots=True)
class _Parser:
    """Reads tokens from left to right, one method a rule of the grammar, and writes the program."""

    tokens: Sequence[str]
    place: int = 0
    program: list[Number | Name | Apply] = field(default_factory=list)

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else END

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def expect(self, token: str) -> None:
        found = self.take()
        if found != token:
            raise FormulaInvalid(
                Sentence("token {place}: {token} expected, not {found}", place=self.place, token=token, found=found)
            )

    def expression(self, depth: int) -> None:
        self.chain(("+", "-"), self.term, depth)

    def term(self, depth: int) -> None:
        self.chain(("*", "/"), self.unary, depth)

    def chain(self, operators: Sequence[str], operand: Callable[[int], None], depth: int) -> None:
        operand(depth)
        while self.peek() in operators:
            operator = self.take()
            operand(depth)
            self.program.append(Apply(operator, 2))

    def unary(self, depth: int) -> None:
        if depth > DEEPEST:
            raise FormulaInvalid(Sentence("a formula can be nested at most {most} deep", most=DEEPEST))
        if self.peek() not in ("+", "-"):
            self.power(depth)
            return
        sign = self.take()
        self.unary(depth + 1)
        if sign == "-":
            self.program.append(Apply("negative", 1))

    def power(self, depth: int) -> None:
        self.atom(depth)
        if self.peek() == "**":
            self.take()
            self.unary(depth + 1)
            self.program.append(Apply("**", 2))

    def atom(self, depth: int) -> None:
        word = self.take()
        if word == "(":
            self.expression(depth + 1)
            self.expect(")")
        elif word[0].isdigit() or word[0] == ".":
            self.program.append(_number(word))
        elif not word[0].isalpha() or self.place > len(self.tokens):
            raise FormulaInvalid(Sentence("token {place}: a value expected, not {word}", place=self.place, word=word))
        elif self.peek() == "(":
            self.call(word, depth)
        else:
            self.program.append(Name(word))

    def call(self, function: str, depth: int) -> None:
        if function not in FUNCTIONS:
            detail = Sentence(
                "there is no function {function}; choose one of {names}",
                function=function,
                names=", ".join(sorted(FUNCTIONS)),
            )
            raise FormulaInvalid(detail)
        self.take()
        self.expression(depth + 1)
        operands = 1
        while self.peek() == ",":
            self.take()
            self.expression(depth + 1)
            operands += 1
        self.expect(")")
        if operands > 1 and function not in ("min", "max"):
            raise FormulaInvalid(Sentence("{function} takes exactly one value", function=function))
        self.program.append(Apply(function, operands))


def _number(token: str) -> Number:
    value = float(token)
    if not math.isfinite(value):
        raise FormulaInvalid(Sentence("{token} is too large", token=token))
    return Number(value)


def _least(*operands: Array) -> Array:
    return reduce(np.minimum, operands)


def _greatest(*operands: Array) -> Array:
    return reduce(np.maximum, operands)


def _raise(base: Array, exponent: Array) -> Array:
    return np.array([_pow(*pair) for pair in zip(base.tolist(), exponent.tolist(), strict=True)], dtype=np.float64)


def _pow(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        return math.nan


FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    "min": _least,
    "max": _greatest,
    "ln": lambda operand: each(math.log, operand),
    "exp": lambda operand: each(math.exp, operand),
    "sqrt": lambda operand: each(math.sqrt, operand),
    "abs": np.abs,
}
OPERATORS: Final[Mapping[str, Callable[..., Array]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": _raise,
    "negative": np.negative,
    **FUNCTIONS,
}


def evaluate(program: Program, columns: Mapping[str, Array], rows: int) -> Array:
    """Return the value of a formula in every row; NaN where a step of it is not finite."""
    return _work_off(program, columns, (rows,), _apply)


def enclose(program: Program, ends: Mapping[str, Array], rows: int) -> Array:
    """Return ends that the value of a formula lies between; ``ends`` and they have two rows, the low and the high one.

    The ends are NaN where a step is not defined somewhere between those of its operands. A code that a formula names
    twice counts as two that vary by themselves: no value lies outside, but the ends may be further apart than values.
    """
    return _work_off(program, ends, (2, rows), _between)


def _work_off(
    program: Program,
    values: Mapping[str, Array],
    shape: tuple[int, ...],
    apply: Callable[[str, Sequence[Array]], Array],
) -> Array:
    stack: list[Array] = []
    for step in program:
        if isinstance(step, Number):
            stack.append(np.full(shape, step.value))
        elif isinstance(step, Name):
            stack.append(values[step.code])
        else:
            operands = stack[-step.operands :]
            del stack[-step.operands :]
            stack.append(apply(step.function, operands))
    return stack[0]


def _apply(function: str, operands: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        return finite(OPERATORS[function](*operands))


def _between(function: str, operands: Sequence[Array]) -> Array:
    """Every operator is at its extremes where its operands are at their ends, or else at zero."""
    if function in ("min", "max"):
        return _apply(function, operands)
    places = [(low, high, np.clip(0.0, low, high)) for low, high in operands]
    found = [_apply(function, place) for place in product(*places)]
    return np.stack([reduce(np.minimum, found), reduce(np.maximum, found)])


@method(
    "aggregation",
    "formula",
    needs_all=True,
    parameters={"expression": Parameter({"type": "string", "minLength": 1, "maxLength": LONGEST})},
)
def formula(children: Children, *, expression: str) -> Array:
    """Return the value of ``expression`` over the children's codes; with a child null that it names it is null."""
    program = parse(expression)
    columns = dict(zip(children.codes, children.columns, strict=True))
    rows = len(children.columns[0])
    values = evaluate(program, columns, rows)
    for code in names(program):
        values = np.where(np.isnan(columns[code]), np.nan, values)
    return values
