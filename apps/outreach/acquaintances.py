"""Adding people who are known already: nobody is renamed by it, and a name that differs is pointed at."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from apps.core.errors import Invalid, Problem
from apps.outreach.contacts import NOT_COMPARED, PLACES, Contact
from resimate_text.addresses import mailbox
from resimate_text.identity import same
from resimate_text.problems import MOST_NAMED
from resimate_text.sentences import Sentence, paragraph


class KnownByAnotherName(Invalid):
    code = "known_by_another_name"
    title = "Somebody is already known by another name"


def refuse_other_names(
    contacts: Sequence[Contact],
    places: Sequence[str] | None,
    known: Callable[[str], Any | None],
    *,
    may_rename: bool = False,
) -> None:
    """Refuse an address that comes twice with two names, or is ``known`` by another one and is not to be renamed.

    ``places`` are JSON pointers to the contacts; by their number when there are none.
    """
    where = places or [f"/{row}" for row in range(len(contacts))]
    problems = list(_problems(contacts, where, known))
    if problems:
        question = [Sentence("Rename them?")] if may_rename and problems[0].code != "comes_twice" else []
        details = [problem.detail for problem in problems[:MOST_NAMED]]
        raise KnownByAnotherName(paragraph([*details, *question]), errors=problems)


def _problems(
    contacts: Sequence[Contact], places: Sequence[str], known: Callable[[str], Any | None]
) -> Iterator[Problem]:
    first: dict[str, Contact] = {}
    for contact, pointer in zip(contacts, places, strict=True):
        before = first.setdefault(mailbox(contact.email), contact)
        person = known(contact.email)
        if differing(contact, before):
            detail = Sentence("{email} appears twice, as {one} and as {other}.", **_named(contact, before))
            yield Problem(f"{pointer}/email", detail, "comes_twice")
        elif person is not None and not contact.rename and differing(contact, person):
            detail = Sentence("{email} is known as {other}, not as {one}.", **_named(contact, person))
            yield Problem(f"{pointer}/name", detail, "known_by_another_name")


def differing(contact: Contact, known: Any) -> list[str]:
    """The fields in which a contact says something else of somebody than is known."""
    said = {field: getattr(contact, field) for field in PLACES if field not in NOT_COMPARED}
    return [field for field, text in said.items() if text.strip() and not same(text, getattr(known, field, text))]


def _named(contact: Contact, other: Any) -> dict[str, str]:
    return {"email": contact.email, "one": _with_the_rest(contact), "other": _with_the_rest(other)}


def _with_the_rest(who: Any) -> str:
    """The name, and in brackets what else is compared: ``Bob (Board)``."""
    texts = [getattr(who, field, "") for field in PLACES if field not in {"name", *NOT_COMPARED}]
    rest = ", ".join(filter(None, texts))
    return f"{who.name} ({rest})" if rest else str(who.name)
