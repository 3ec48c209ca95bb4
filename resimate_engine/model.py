"""A resilience model as frozen values: what ``resimate_engine.document.parse`` returns and the calculation reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from resimate_engine.registry import Method, lookup

Text: TypeAlias = Mapping[str, str]


def in_language(text: Text, language: str, *, default: str = "en", otherwise: str = "") -> str:
    """Return ``text`` in ``language``, else in its base language, the default one, or any.

    >>> in_language({"en": "Colour", "de": "Farbe"}, "de-AT")
    'Farbe'
    >>> in_language({}, "de", otherwise="C1")
    'C1'
    """
    for candidate in (language, language.partition("-")[0], default):
        if candidate in text:
            return text[candidate]
    return text[min(text)] if text else otherwise


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale that scores are on."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Band:
    """A named part of the scale, from ``start`` (included) to the next band's start (excluded)."""

    start: float
    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Step:
    """A method chosen at a place, with all its parameters."""

    place: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> Method:
        return lookup(self.place, self.name)

    def __call__(self, *arguments: Any) -> Any:
        return self.method.function(*arguments, **self.parameters)


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer: ``value`` is what an answer says, ``points`` what a multiple choice counts for it."""

    value: float | str
    name: Text
    points: float = 1.0


@dataclass(frozen=True, slots=True)
class ResponseScale:
    """The answers that a question takes; ``kind`` is ordinal, numeric, boolean or multi."""

    code: str
    kind: str
    name: Text
    options: tuple[Option, ...] = ()
    low: float = 0.0
    high: float = 1.0
    allow_not_applicable: bool = True
    allow_dont_know: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """What a rater is asked."""

    code: str
    text: Text
    help: Text
    scale: ResponseScale
    weight: float = 1.0
    reverse: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Indicator:
    """A leaf's measurement: a numeric input, or questions."""

    input: str | None
    unit: str
    direction: int
    questions: tuple[Question, ...]
    rater_aggregation: Step
    denominator: str | None
    missing: Step
    treatment: Step
    transform: Step
    normalisation: Step


@dataclass(frozen=True, slots=True)
class Node:
    """A dimension (with children) or an indicator (a leaf).

    Below ``min_coverage`` it has no value: a share of the children's weights or, if it ``counts_indicators``, of the
    indicators below it.
    """

    code: str
    name: Text
    description: Text
    weight: float
    children: tuple[Node, ...]
    aggregation: Step | None
    indicator: Indicator | None
    missing: Step
    min_coverage: float
    critical: bool = False
    target: float | None = None
    effort: float = 1.0
    counts_indicators: bool = False

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, in the order of the document."""
        yield self
        for child in self.children:
            yield from child.walk()

    def leaves(self) -> Iterator[Node]:
        """Yield the indicators at or below this node, in the order of the document."""
        return (node for node in self.walk() if node.indicator is not None)

    def title(self, language: str, default: str = "en") -> str:
        """Return the name in a language, the code where there is none."""
        return in_language(self.name, language, default=default, otherwise=self.code)


@dataclass(frozen=True, slots=True)
class PlacedQuestion:
    """A question with its section (the dimension right below the root) and its indicator."""

    section: Node
    node: Node
    question: Question


@dataclass(frozen=True, slots=True)
class Input:
    """A number that the model asks for by name, and the first indicator that uses it."""

    name: str
    unit: str
    node: Node


@dataclass(frozen=True, eq=False)
class Model:
    """A whole model document, parsed. Equal by identity; ``digest`` says whether two hold the same."""

    code: str
    name: Text
    description: Text
    language: str
    mode: str
    scale: Scale
    bands: tuple[Band, ...]
    root: Node
    response_scales: Mapping[str, ResponseScale]
    weights: Mapping[str, Step]
    sources: tuple[str, ...]
    licence: str
    digest: str

    @property
    def relative(self) -> bool:
        """Whether units are compared with each other."""
        return self.mode == "relative"

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Every node by its code, in the order of the document."""
        return {node.code: node for node in self.root.walk()}

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        return tuple(self.root.leaves())

    @cached_property
    def branches(self) -> tuple[Node, ...]:
        """The nodes that have children, each after those below it."""
        return tuple(node for node in reversed([*self.root.walk()]) if node.children)

    @cached_property
    def sections(self) -> tuple[Node, ...]:
        """The dimensions right below the root; the root itself when it is a leaf."""
        return self.root.children or (self.root,)

    @cached_property
    def questions(self) -> tuple[PlacedQuestion, ...]:
        """Every question in the order of the document."""
        return tuple(
            PlacedQuestion(section, leaf, question)
            for section in self.sections
            for leaf in section.leaves()
            if leaf.indicator is not None
            for question in leaf.indicator.questions
        )

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """Every numeric input once, in the order of the document; denominators after the indicators."""
        found: dict[str, Input] = {}
        indicators = [(leaf, leaf.indicator) for leaf in self.leaves if leaf.indicator is not None]
        for leaf, indicator in indicators:
            if indicator.input is not None:
                found.setdefault(indicator.input, Input(indicator.input, indicator.unit, leaf))
        for leaf, indicator in indicators:
            if indicator.denominator is not None:
                found.setdefault(indicator.denominator, Input(indicator.denominator, "", leaf))
        return tuple(found.values())

    def title(self, language: str) -> str:
        """Return the model's name in a language."""
        return self.text(self.name, language, otherwise=self.code)

    def text(self, text: Text, language: str, *, otherwise: str = "") -> str:
        """Return a text in a language, falling back to the model's own language."""
        return in_language(text, language, default=self.language, otherwise=otherwise)

    def band_of(self, score: float | None) -> Band | None:
        """Return the band that holds an unrounded score; below the first band there is none."""
        if score is None:
            return None
        position = bisect_right(self._starts, score)
        return self.bands[position - 1] if position else None

    @cached_property
    def _starts(self) -> tuple[float, ...]:
        return tuple(band.start for band in self.bands)
