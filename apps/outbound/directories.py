"""Directories (LDAP) that tenants name: who somebody is there, and whether a password is theirs.

A visit is one call: one connection to an address that was checked, encrypted before anything is said, with one deadline
for all that is asked on it. What a directory refers to is not followed.
"""

import math
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from apps.core.errors import Refused
from apps.outbound.lines import Line, allowed
from apps.outbound.services import Passage, passage, target_in
from resimate_net import Limits, Resolver, Rules, Target, Unanswered, Wire, dial
from resimate_net.resolving import by_the_system
from resimate_net.trust import NoCertificates, trusting
from resimate_text.sentences import Sentence

if TYPE_CHECKING:
    from apps.outbound.ldap_wire import Said, Session

T = TypeVar("T")
#: Many people sign in at nine o'clock. ``body``: all that comes in a visit.
DIRECTORY: Final = Line("directory", Limits(seconds=10, connecting=5, body=1024 * 1024), a_minute=600, at_once=60)
#: LDAP's own, and those of Active Directory's global catalogue.
PORTS: Final = (636, 389, 3269, 3268)
#: What a directory says to who is not let in (RFC 4511, appendix A): some say so of accounts that are locked.
REFUSALS: Final = ("invalidCredentials", "inappropriateAuthentication", "noSuchObject", "unwillingToPerform")
ILL: Final = ("busy", "unavailable")
NOBODY: Final = "The directory does not know that name with that password."
#: What stands for a value in the pattern of a filter.
SLOT: Final = re.compile(r"\{([a-z_]+)\}")


class NotLetIn(Refused):
    """There is no such entry, or the password is another: which of them, a directory does not say."""

    code = "directory_sign_in_refused"
    status = 403
    title = "The directory does not let in who that is"


class DirectoryRefused(Refused):
    code = "directory_refused"
    status = 502
    title = "The directory does not do what it was asked"


class TooManyFound(Refused):
    code = "directory_found_too_many"
    status = 409
    title = "The directory knows more of them than is taken"


class BadDirectory(Refused):
    """What somebody has set for a directory cannot be used."""

    code = "directory_unfit"
    status = 422
    title = "The settings of the directory do not fit"


@dataclass(frozen=True, slots=True)
class Directory:
    """``url``: ``ldaps://host``, or ``ldap://host``, where encryption is begun first (StartTLS).

    ``authority``: certificates as PEM that are believed there, instead of the system's. ``is_plain``: on ``ldap://``
    nothing is encrypted; only networks of ``RESIMATE_OUTBOUND_ALLOW`` are asked like that.
    """

    url: str
    authority: str = ""
    is_plain: bool = False

    @property
    def rules(self) -> Rules:
        if self.is_plain:
            return Rules(("ldaps",), PORTS, allowed(), plain=("ldap",))
        return Rules(("ldaps", "ldap"), PORTS, allowed(), plain=())


@dataclass(frozen=True, slots=True)
class Filter:
    """Made by ``filter_of`` alone."""

    text: str


def filter_of(pattern: str, **values: str) -> Filter:
    """The pattern with the values, each in the escaping in which nothing of it means anything but itself.

    Raises ``BadDirectory`` where the pattern names another value or is no filter.

    >>> filter_of("(&(objectClass=person)(uid={login}))", login="a*)").text
    '(&(objectClass=person)(uid=\\\\61\\\\2a\\\\29))'
    """
    from apps.outbound.ldap_wire import is_filter  # a library which few processes need

    escaped = {name: _escaped(value) for name, value in values.items()}
    if unknown := sorted(set(SLOT.findall(pattern)) - set(escaped)):
        raise BadDirectory(Sentence("The filter has no value for {names}.", names=", ".join(unknown)))
    text = SLOT.sub(lambda slot: escaped[slot[1]], pattern)
    if not is_filter(text):
        raise BadDirectory(Sentence("The filter is none that directories understand."))
    return Filter(text)


def _escaped(value: str) -> str:
    return "".join(f"\\{byte:02x}" for byte in value.encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class Entry:
    """``values`` by names in lower case, as bytes: some, such as ``objectGUID``, are no text."""

    dn: str
    values: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(value.decode(errors="replace") for value in self.values.get(name.lower(), ()))


class Visit:
    """Both verbs raise ``NotAnswered``, after which the visit is over, and ``DirectoryRefused``."""

    def __init__(self, session: "Session", way: Passage, seconds: float) -> None:
        self._session, self._way, self._seconds = session, way, math.ceil(seconds)

    def bind(self, dn: str, password: str) -> None:
        """Be that entry from here on. Raises ``NotLetIn``.

        Without a password a directory may take anybody for nobody, and call it a success: it is not even asked.
        """
        if not (dn and password and _is_text(dn) and _is_text(password)):
            raise NotLetIn(NOBODY)
        said = self._asked(lambda: self._session.bind(dn, password.encode()))
        if said.name in REFUSALS:
            raise NotLetIn(NOBODY)
        self._check(said)

    def search(self, base: str, where: Filter, attributes: Sequence[str], limit: int) -> list[Entry]:
        """The entries under ``base``, ``limit`` at the most. Raises ``TooManyFound`` where there are more."""
        if not _is_text(base):
            raise BadDirectory("The place in the directory is no text.")
        asked = base, where.text, attributes, limit, self._seconds
        said, found = self._asked(lambda: self._session.search(*asked))
        if said.name == "sizeLimitExceeded" or len(found) > limit:
            raise TooManyFound(Sentence("The directory knows more than {limit} of them.", limit=limit))
        self._check(said)
        return [_entry(one) for one in found]

    def _asked(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except Unanswered as failure:
            raise self._way.unanswered(failure) from None

    def _check(self, said: "Said") -> None:
        if said.name in ILL:
            self._way.outcome = said.name
            self._way.attempt.failed(said.name)
        if said.name == "referral":
            raise DirectoryRefused("The directory refers to another one, which is not asked.")
        if not said.is_success:
            raise DirectoryRefused(Sentence("The directory answers: {name}.", name=said.name))


@contextmanager
def visit(
    directory: Directory, *, now: datetime, line: Line = DIRECTORY, resolve: Resolver = by_the_system
) -> Iterator[Visit]:
    """Go there, outside any transaction. Raises what ``services.call`` raises, and ``BadDirectory``."""
    tls, rules = _trusted(directory.authority), directory.rules
    target = target_in(line, directory.url, rules, now=now)
    if target.path != "/":
        raise BadDirectory("The address of a directory ends with its port.")
    with (
        passage(line, target, now=now) as way,
        closing(dial(target, rules=rules, limits=line.limits, resolve=resolve)) as wire,
    ):
        session = _begun(wire, target, tls, line.limits.body, is_plain=directory.is_plain)
        way.outcome = "answered"
        try:
            yield Visit(session, way, line.limits.seconds)
        finally:
            way.attempt.succeeded()  # unless it has failed: whatever else happened, the directory was there


def _begun(wire: Wire, target: Target, tls: ssl.SSLContext, most: int, *, is_plain: bool) -> "Session":
    """Raises ``Unanswered``."""
    from apps.outbound.ldap_wire import Session  # a library which few processes need

    if target.scheme == "ldaps":
        wire.secure(tls, target.host)
    session = Session(wire, most)
    if target.scheme == "ldap" and not is_plain:
        said = session.start_tls()
        if not said.is_success:
            raise Unanswered("unproven", Sentence("The directory does not begin to encrypt: {name}.", name=said.name))
        wire.secure(tls, target.host)
    return session


def _trusted(authority: str) -> ssl.SSLContext:
    try:
        return trusting(pem=authority)
    except NoCertificates:
        raise BadDirectory("The certificates that the directory is known by cannot be read.") from None


def _is_text(text: str) -> bool:
    """Whether it can be sent at all: half a character can not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entry(found: dict[str, Any]) -> Entry:
    values = found["raw_attributes"]
    return Entry(found["dn"], {name.lower(): tuple(values[name] or ()) for name in values})
