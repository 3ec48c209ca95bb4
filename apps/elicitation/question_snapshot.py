"""What experts are asked: parents and their children, frozen from a model document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from resimate_engine import Model, Node, in_language
from resimate_text.sentences import Sentence

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A node by code and name; names and descriptions are texts by language."""

    code: str
    name: Mapping[str, str]
    description: Mapping[str, str]

    def title(self, language: str) -> str:
        return in_language(self.name, language, otherwise=self.code)

    def about(self, language: str) -> str:
        return in_language(self.description, language)


@dataclass(frozen=True)
class AskedNode:
    """A parent whose children are weighed."""

    item: Item
    children: tuple[Item, ...]

    @property
    def code(self) -> str:
        return self.item.code

    @cached_property
    def codes(self) -> tuple[str, ...]:
        return tuple(child.code for child in self.children)

    @cached_property
    def pairs(self) -> tuple[tuple[Item, Item], ...]:
        """Every two children once, in the order of the document."""
        return tuple(combinations(self.children, 2))


def asked_nodes(kept: Iterable[Json]) -> tuple[AskedNode, ...]:
    return tuple(AskedNode(_item(node), tuple(map(_item, node["children"]))) for node in kept)


def _item(kept: Json) -> Item:
    return Item(kept["code"], kept["name"], kept["description"])


def frozen(model: Model, codes: Iterable[str]) -> list[Json]:
    """The named parents as they stand in the model now, to be kept; each must be there and have children."""
    nodes = [model.nodes[code] for code in codes]
    return [{**_kept(node), "children": [_kept(child) for child in node.children]} for node in nodes]


def _kept(node: Node) -> Json:
    return {"code": node.code, "name": dict(node.name), "description": dict(node.description)}


def parents(model: Model) -> list[Node]:
    """The nodes that can be asked about: those with at least two children."""
    return [node for node in model.nodes.values() if len(node.children) > 1]


@dataclass(frozen=True, slots=True)
class Change:
    """How a node differs now from what was asked; ``place`` counts the nodes that were asked about."""

    place: int
    code: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    is_missing: bool

    @property
    def in_words(self) -> Sentence:
        gone, new = ", ".join(self.gone), ", ".join(self.new)
        if self.is_missing:
            return Sentence("{node} no longer exists.", node=self.code)
        if gone and new:
            return Sentence("{node} has lost {gone} and gained {new}.", node=self.code, gone=gone, new=new)
        if gone:
            return Sentence("{node} has lost {gone}.", node=self.code, gone=gone)
        return Sentence("{node} has gained {new}.", node=self.code, new=new)


def changes(model: Model, nodes: Iterable[AskedNode]) -> list[Change]:
    """The nodes that a model no longer has as they were asked about; another order of children is no change."""
    differing = []
    for number, node in enumerate(nodes):
        present = model.nodes.get(node.code)
        now = [child.code for child in present.children] if present else []
        gone = tuple(code for code in node.codes if code not in now)
        new = tuple(code for code in now if code not in node.codes)
        if gone or new:
            differing.append(Change(number, node.code, gone, new, is_missing=present is None))
    return differing
