"""What the trail has entries of: each app says its own in ``audit_kinds.py``, which is found at start::

    declare("toy", Category.DATA, "made", "broken", name=_("Toy"))
    name_verbs(broken=_("broken"))

So an action is ``noun.verb`` in the past tense, and its category the one of its noun. Of everything that is personal or
followed there may be the verbs of ``OF_ALL`` as well, which no app has to declare.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from apps.audit.models import AuditEntry

Category = AuditEntry.Category

#: What is done to data alone, whatever they are about.
READING: Final = frozenset({"read", "exported"})
#: What ``capture`` adds of models that are followed: which fields changed.
CHANGING: Final = frozenset({"fields_created", "fields_changed", "fields_deleted", "fields_read"})
OF_ALL: Final = READING | CHANGING


@dataclass(frozen=True, slots=True)
class Kind:
    noun: str
    category: Category
    verbs: frozenset[str]
    name: str = ""


#: Ids that entries may say besides (``context.note``), by which the trail is searched.
NOTED: Final[list[str]] = []


class NotDeclared(ValueError):
    """Something was recorded that no app declares."""


KINDS: Final[dict[str, Kind]] = {}
#: What verbs are called on pages, marked to be translated.
WORDS: Final[dict[str, str]] = {}


def declare(noun: str, category: Category, *verbs: str, name: str = "") -> Kind:
    """Say what is recorded of a kind of thing, and who looks for it: the category is what the trail is filtered by.

    ``name``: what it is called on pages, marked to be translated.
    """
    if noun in KINDS:
        raise ValueError(f"two apps declare what is recorded of {noun}")
    KINDS[noun] = Kind(noun, category, frozenset(verbs), name)
    return KINDS[noun]


def name_verbs(**words: str) -> None:
    """Say what verbs are called on pages, marked to be translated."""
    if twice := WORDS.keys() & words.keys():
        raise ValueError(f"two apps name what is recorded: {', '.join(sorted(twice))}")
    WORDS.update(words)


def words_of(action: str) -> str:
    """An action in words of the reader's language; what nobody has named says its own name, which is English.

    >>> words_of("kettle.boiled_over")
    'kettle: boiled over'
    """
    noun, _dot, verb = action.partition(".")
    name = KINDS[noun].name if noun in KINDS else ""
    return ": ".join(gettext(one) for one in (name or noun.replace("_", " "), WORDS.get(verb, verb.replace("_", " "))))


def category_of(action: str) -> Category:
    """The category of an action: never a reason not to record it, so of one that no app declares it is ``data``."""
    noun, _dot, verb = action.partition(".")
    kind = KINDS.get(noun)
    return Category.DATA if kind is None or verb in READING else kind.category


def check(action: str) -> None:
    """Raise ``NotDeclared`` unless some app declares the action."""
    noun, _dot, verb = action.partition(".")
    declared = KINDS[noun].verbs if noun in KINDS else frozenset()
    if verb not in declared | OF_ALL:
        raise NotDeclared(f"no app declares the action {action}: it belongs into its audit_kinds.py")


def search_by(name: str) -> None:
    """Say that the trail is searched by an id which the app notes of work (``apps.core.context.note``)."""
    if name not in NOTED:
        NOTED.append(name)


name_verbs(
    read=_("looked at"),
    exported=_("taken away as a file"),
    fields_created=_("created"),
    fields_changed=_("fields changed"),
    fields_deleted=_("deleted"),
    fields_read=_("fields looked at"),
    created=_("created"),
    changed=_("changed"),
    deleted=_("deleted"),
)
