"""A program that knows everything that a role may read over time, and the list of names: it assigns answers to names.

It tries, in this order: personal links that lie open; a value that stands beside one person and beside one rater (an
id, a time, a trace, an address), through as many as three other objects; the difference of two results of which one
counts one person more; and at last the order in which people and answers are listed.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Answers = dict[str, Any]
LINK = re.compile(r"/a/([\w-]{43})/")
TOKEN = re.compile(r"[\w.+-]+@[\w.-]+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,64}|\d{4}-\d\d-\d\dT[\d:.]+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
ROUNDS = 3


@dataclass(frozen=True)
class Reading:
    """What one address gave at one moment."""

    moment: int
    address: str
    body: str


@dataclass
class Known:
    """Everything that was read, by one role or by two that share it."""

    names: Mapping[str, str]  # by address
    open_link: Callable[[str], tuple[str, Answers] | None]
    readings: list[Reading] = field(default_factory=list)

    def assign(self, campaign: str, questions: Mapping[str, str]) -> dict[str, Answers]:
        """Whose answers are whose in the campaign with that id; ``questions`` by node."""
        found = dict(self._by_links(campaign))
        raters = self._raters(campaign)
        for name, rater in self._by_values(raters).items():
            found.setdefault(name, raters[rater])
        for name, answers in self._by_differences(campaign, questions).items():
            found.setdefault(name, answers)
        return self._by_order(campaign, raters) | found

    def _of(self, campaign: str) -> list[Reading]:
        return [one for one in self.readings if campaign in one.address]

    def _by_links(self, campaign: str) -> Iterator[tuple[str, Answers]]:
        for token in {token for one in self._of(campaign) for token in LINK.findall(one.body)}:
            if opened := self.open_link(token):
                yield opened

    def _raters(self, campaign: str) -> dict[str, Answers]:
        """Single answers by rater, in the order in which they were listed first."""
        found: dict[str, Answers] = {}
        for one in self._of(campaign):
            for thing in _things(one.body):
                if isinstance(thing.get("answers"), dict) and "rater" in thing:
                    found.setdefault(thing["rater"], {}).update(thing["answers"])
                if {"rater", "question", "value"} <= thing.keys():
                    found.setdefault(thing["rater"], {})[thing["question"]] = thing["value"]
        return found

    def _by_values(self, raters: Iterable[str]) -> dict[str, str]:
        things = [tokens for one in self.readings for tokens in _tokens(one.body)]
        person_of = _spread(things, {address: {name} for address, name in self.names.items()})
        rater_of = _spread(things, {rater: {rater} for rater in raters})
        both = person_of.keys() & rater_of.keys()
        pairs = [(person_of[one], rater_of[one]) for one in both]
        return {min(people): min(given) for people, given in pairs if len(people) == len(given) == 1}

    def _by_differences(self, campaign: str, questions: Mapping[str, str]) -> dict[str, Answers]:
        """Of every two results in which a node counts one person more, what that person said of it."""
        shown: dict[str, dict[int, tuple[int, float]]] = defaultdict(dict)
        sent: dict[int, frozenset[str]] = {}
        for one in self._of(campaign):
            sent[one.moment] = sent.get(one.moment, frozenset()) | _answered(one.body, self.names)
            for node, people, value in _results(one.body):
                shown[node].setdefault(people, (one.moment, value))
        found: dict[str, Answers] = defaultdict(dict)
        for node, question in questions.items():
            for people, (moment, value) in shown[node].items():
                before = shown[node].get(people - 1, (-1, 0.0)) if people > 1 else (-1, 0.0)
                if people > 1 and before[0] < 0:
                    continue
                joined = _up_to(sent, moment) - _up_to(sent, before[0])
                if len(joined) == 1:
                    alone = people * value - (people - 1) * before[1]
                    found[min(joined)][question] = round(1 + alone / 25)
        return found

    def _by_order(self, campaign: str, raters: Mapping[str, Answers]) -> dict[str, Answers]:
        listed: list[str] = []
        for one in self._of(campaign):
            for thing in _things(one.body):
                name = self.names.get(str(thing.get("email")))
                if name and name not in listed:
                    listed.append(name)
        return dict(zip(listed, raters.values(), strict=False))


def right(guessed: Mapping[str, Answers], truth: Mapping[str, Answers]) -> int:
    """How many people were assigned the answers that they gave."""
    return sum(
        bool(answers) and all(truth[name].get(code) == value for code, value in answers.items())
        for name, answers in guessed.items()
    )


def _spread(things: Iterable[frozenset[str]], owners: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Whose each value is that stands in one object with a value that is theirs alone."""
    things = list(things)
    known: dict[str, set[str]] = {token: set(whose) for token, whose in owners.items()}
    for _ in range(ROUNDS):
        fresh: dict[str, set[str]] = defaultdict(set)
        for tokens in things:
            whose = {min(known[token]) for token in tokens if len(known.get(token, ())) == 1}
            for token in tokens if whose else ():
                fresh[token] |= whose
        for token, whose in fresh.items():
            known.setdefault(token, set()).update(whose if token not in owners else ())
    return known


def _things(body: str) -> Iterator[dict[str, Any]]:
    """Every object of a JSON text, or every row of a CSV one."""
    text = body.lstrip()
    if text.startswith(("{", "[")):
        yield from _within(json.loads(text))
    elif text.startswith("id,") and "\n" in text:
        for row in csv.DictReader(io.StringIO(text)):
            value = row.get("value")
            yield {**row, "value": int(value)} if value and value.isdigit() else dict(row)


def _within(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _within(one)


def _tokens(body: str) -> Iterator[frozenset[str]]:
    """The values that stand together: in one object without the objects in it, in one row or one item of a page."""
    if body.lstrip().startswith("<"):
        for part in re.split(r"<(?:tr|li|dl|section)\b", body):
            yield _values(part)
        return
    for thing in _things(body):
        scalars = [str(one) for one in thing.values() if not isinstance(one, (dict, list))]
        yield _values(" ".join(scalars)) | frozenset(scalar for scalar in scalars if len(scalar) >= 8)


def _values(text: str) -> frozenset[str]:
    return frozenset(TOKEN.findall(text)) | frozenset(f"second {one}" for one in MOMENT.findall(text))


def _answered(body: str, names: Mapping[str, str]) -> frozenset[str]:
    said = (thing for thing in _things(body) if thing.get("answered") or thing.get("submitted_at"))
    return frozenset(names[thing["email"]] for thing in said if thing.get("email") in names)


def _up_to(sent: Mapping[int, frozenset[str]], moment: int) -> frozenset[str]:
    return frozenset().union(*(names for when, names in sent.items() if when <= moment))


def _results(body: str) -> Iterator[tuple[str, int, float]]:
    """Node, people, value of each result in a text: of a run, of a campaign, of a page's explanation."""
    for thing in _things(body):
        nodes, people = thing.get("nodes"), thing.get("rater_count", thing.get("raters"))
        if isinstance(nodes, dict):
            for code, node in nodes.items():
                count = node.get("raters", people) if isinstance(node, dict) else None
                if isinstance(count, int) and node.get("value") is not None:
                    yield code, count, node["value"]
        if isinstance(nodes, list) and isinstance(people, int):
            yield from ((one["code"], people, one["score"]) for one in nodes if one.get("score") is not None)
