"""What pages show of a resilience model."""

from dataclasses import dataclass
from typing import Any

from apps.models import method_labels
from resimate_charts.scale import write_share
from resimate_engine import Model, Node, Question
from resimate_engine.model import ResponseScale
from resimate_engine.tree import DIRECT
from resimate_text.numbers import exact


@dataclass(frozen=True, slots=True)
class Line:
    """One node of the outline; ``share`` is its part of its parent, None where the data decide it."""

    name: str
    code: str
    share: float | None
    how: str
    questions: int
    children: list["Line"]

    @property
    def share_text(self) -> str:
        return "" if self.share is None else write_share(self.share, 1, decimals=1)


def outline(model: Model, language: str) -> list[Line]:
    """Return the model as a tree to read, the root being the only line on top."""
    return [_line(model, model.root, None, language)]


def _line(model: Model, node: Node, share: float | None, language: str) -> Line:
    shares = _shares(model, node)
    return Line(
        name=node.title(language, model.language),
        code=node.code,
        share=share,
        how=method_labels.of_node(node),
        questions=len(node.indicator.questions) if node.indicator else 0,
        children=[_line(model, child, shares.get(child.code), language) for child in node.children],
    )


def _shares(model: Model, node: Node) -> dict[str, float]:
    """Return the children's parts of the whole, unless the units' data decide them."""
    step = model.weights.get(node.code, DIRECT)
    if step.method.relative or not node.children:
        return {}
    weights: list[float] = step(node.children, [()] * len(node.children))
    total = sum(weights)
    return {child.code: weight / total for child, weight in zip(node.children, weights, strict=True)} if total else {}


def facts(model: Model) -> dict[str, Any]:
    """Return the counts that tell how large a model is."""
    return {
        "dimensions": sum(1 for node in model.nodes.values() if node.children) - 1 if model.root.children else 0,
        "indicators": len(model.leaves),
        "questions": len(model.questions),
        "inputs": len(model.inputs),
        "languages": sorted(model.name),
    }


def bands(model: Model, language: str) -> list[dict[str, Any]]:
    """Return the bands of the scale, each with its ``name`` and where it begins, ``start``."""
    return [{"name": model.text(one.name, language, otherwise=one.code), "start": one.start} for one in model.bands]


@dataclass(frozen=True, slots=True)
class AskedIndicator:
    """An indicator with the questions that respondents read, each with the name of its scale and its remarks."""

    name: str
    code: str
    questions: list["AskedQuestion"]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    code: str
    text: str
    help: str
    scale: str
    scale_code: str
    required: bool
    reverse: bool
    share: str


@dataclass(frozen=True, slots=True)
class AnswerScale:
    """The answers that one response scale offers; ``limits`` for numbers alone."""

    code: str
    name: str
    options: list[str]
    limits: str
    absences: bool


def questionnaire(model: Model, language: str) -> dict[str, Any]:
    """Return what respondents are asked: ``indicators`` in the order of the document, and the ``scales`` of answers."""
    leaves = [(leaf, leaf.indicator.questions) for leaf in model.leaves if leaf.indicator and leaf.indicator.questions]
    used = {question.scale.code: question.scale for _, questions in leaves for question in questions}
    return {
        "indicators": [
            AskedIndicator(leaf.title(language, model.language), leaf.code, _asked(model, questions, language))
            for leaf, questions in leaves
        ],
        "scales": [_answers(model, scale, language) for scale in used.values()],
    }


def _asked(model: Model, questions: tuple[Question, ...], language: str) -> list[AskedQuestion]:
    total = sum(question.weight for question in questions)
    uneven = len({question.weight for question in questions}) > 1
    return [
        AskedQuestion(
            code=question.code,
            text=model.text(question.text, language, otherwise=question.code),
            help=model.text(question.help, language),
            scale=model.text(question.scale.name, language, otherwise=question.scale.code),
            scale_code=question.scale.code,
            required=question.required,
            reverse=question.reverse,
            share=write_share(question.weight / total, 1, decimals=1) if uneven and total else "",
        )
        for question in questions
    ]


def _answers(model: Model, scale: ResponseScale, language: str) -> AnswerScale:
    return AnswerScale(
        code=scale.code,
        name=model.text(scale.name, language, otherwise=scale.code),
        options=[model.text(one.name, language, otherwise=str(one.value)) for one in scale.options],
        limits=f"{exact(scale.low)} … {exact(scale.high)}" if scale.kind == "numeric" else "",
        absences=scale.allow_not_applicable or scale.allow_dont_know,
    )
