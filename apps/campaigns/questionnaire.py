"""A version's questions as the stakeholder meets them: sections, in the order of the model's document."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

from apps.models.models import ModelVersion
from apps.models.services import parsed
from resimate_engine import Model, Node, PlacedQuestion, Question

SECONDS_PER_QUESTION = 15


@dataclass(frozen=True, slots=True)
class Section:
    """One page: a dimension right below the root, with its questions."""

    number: int
    node: Node
    questions: tuple[PlacedQuestion, ...]

    @property
    def code(self) -> str:
        return self.node.code

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(placed.question.code for placed in self.questions)


@dataclass(frozen=True, eq=False)
class Questionnaire:
    model: Model

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections that ask something; a dimension that is only measured is not shown."""
        asking = [
            (node, tuple(placed for placed in self.model.questions if placed.section.code == node.code))
            for node in self.model.sections
        ]
        return tuple(
            Section(number, node, questions)
            for number, (node, questions) in enumerate((one for one in asking if one[1]), start=1)
        )

    @cached_property
    def questions(self) -> dict[str, Question]:
        return {placed.question.code: placed.question for placed in self.model.questions}

    @property
    def count(self) -> int:
        return len(self.questions)

    @property
    def minutes(self) -> int:
        return max(1, math.ceil(self.count * SECONDS_PER_QUESTION / 60))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages in which every question has a text."""
        texts = [set(question.text) for question in self.questions.values()]
        return frozenset(set.intersection(*texts)) if texts else frozenset()

    def section(self, code: str) -> Section | None:
        return next((section for section in self.sections if section.code == code), None)

    def section_of(self, question: str) -> Section | None:
        return next((section for section in self.sections if question in section.codes), None)

    def after(self, section: Section) -> Section | None:
        return next((one for one in self.sections if one.number == section.number + 1), None)

    def before(self, section: Section) -> Section | None:
        return next((one for one in self.sections if one.number == section.number - 1), None)


def of(version: ModelVersion) -> Questionnaire:
    return _of_model(parsed(version))


@lru_cache(maxsize=128)
def _of_model(model: Model) -> Questionnaire:
    """Models are equal by identity, and the parsed ones are kept: a questionnaire is laid out once."""
    return Questionnaire(model)
