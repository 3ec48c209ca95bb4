"""ldap3 as it comes, on a connection of ours: it looks nothing up, follows nothing, and has no time of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ldap3 import ANONYMOUS, NONE, SIMPLE, SUBTREE, Connection, Server
from ldap3.core.exceptions import LDAPExceptionError
from ldap3.operation.search import compile_filter, parse_filter
from ldap3.utils.asn1 import DECODERS, decode_integer
from pyasn1.error import PyAsn1Error

from resimate_net import Unanswered, Wire
from resimate_text.sentences import Sentence

#: A SearchResultEntry (RFC 4511, 4.5.2), and the universal types INTEGER and ENUMERATED.
ENTRY: Final = 4
NUMBERS: Final = ((0, 2), (0, 10))
LONGEST_NUMBER: Final = 8
START_TLS: Final = "1.3.6.1.4.1.1466.20037"
#: Over what ldap3 stumbles where an answer, or a filter, is none: others have written them.
STUMBLES: Final = (
    LDAPExceptionError,
    PyAsn1Error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What it answers, by its name in RFC 4511 (appendix A)."""

    name: str

    @property
    def is_success(self) -> bool:
        return self.name == "success"


class Measured:
    """What ldap3 takes for a socket. It brings so many bytes and no more."""

    def __init__(self, wire: Wire, most: int) -> None:
        self._wire, self._left = wire, most

    def recv(self, most: int) -> bytes:
        if self._left <= 0:
            raise Unanswered("large", Sentence("The answer is larger than is taken."))
        found = self._wire.recv(min(most, self._left))
        self._left -= len(found)
        return found

    def sendall(self, some: bytes) -> None:
        self._wire.sendall(some)

    def close(self) -> None:
        self._wire.close()


class Session:
    """One connection, which ends with its wire. What it raises is ``Unanswered``."""

    def __init__(self, wire: Wire, most: int) -> None:
        nowhere = Server("localhost", get_info=NONE)  # nobody is looked up or called there: we are connected
        self._connection = Connection(
            nowhere,
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            read_only=True,
            return_empty_attributes=False,
        )
        self._connection.socket = Measured(wire, most)
        self._connection.strategy.decode_response_fast = _of_texts(self._connection.strategy.decode_response_fast)
        self._connection.closed, self._connection.listening = False, True
        self._connection.strategy._outstanding = {}  # noqa: SLF001  what it does besides connecting, when it opens
        self._connection.open = _over  # what has ended is not begun anew

    def start_tls(self) -> Said:
        """Ask whether TLS may begin; the wire is then to be secured."""
        with _understood():
            self._connection.extended(START_TLS)
            return self._said()

    def bind(self, dn: str, password: bytes) -> Said:
        """``password`` as it is sent: a text would be prepared first, by which one may become empty."""
        with _understood():
            self._connection.user, self._connection.password = dn, password
            self._connection.authentication = SIMPLE if dn else ANONYMOUS
            self._connection.bind(read_server_info=False)
            return self._said()

    def search(
        self, base: str, where: str, attributes: Sequence[str], limit: int, seconds: int
    ) -> tuple[Said, list[Any]]:
        with _understood():
            self._connection.search(
                base, where, SUBTREE, attributes=list(attributes), size_limit=limit, time_limit=seconds
            )
            found = [one for one in self._connection.response or () if one["type"] == "searchResEntry"]
            return self._said(), found

    def _said(self) -> Said:
        return Said(str(self._connection.result["description"]))


def _of_texts(decode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Nothing but texts in an entry: of a number ldap3 would make so many bytes."""

    def decoded(message: Any) -> Any:
        if message["protocolOp"] == ENTRY and not _are_texts(message["payload"]):
            raise ValueError("an entry has values that are no texts")
        return decode(message)

    return decoded


def _are_texts(parts: Sequence[Any]) -> bool:
    values = [part[-1] for part in parts]
    return all(_are_texts(one) if isinstance(one, list) else isinstance(one, bytes) for one in values)


def _small(message: bytes, start: int, stop: int, context_decoders: Any = None) -> int:
    """A number as LDAP has them; ldap3 takes minutes for one of a megabyte."""
    if stop - start > LONGEST_NUMBER:
        raise ValueError("there are no such numbers")
    return int(decode_integer(message, start, stop, context_decoders))


DECODERS.update(dict.fromkeys(NUMBERS, _small))


def _over(*_: object, **__: object) -> None:
    raise Unanswered("broken", Sentence("The connection has ended."))


def is_filter(text: str) -> bool:
    """Whether a text is what RFC 4515 calls a filter, as far as ldap3 understands it."""
    try:
        root = parse_filter(text, None, auto_escape=False, auto_encode=False, validator=None, check_names=False)
        compile_filter(root.elements[0])
    except STUMBLES:
        return False
    return True


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except Unanswered:
        raise
    except STUMBLES as error:
        raise Unanswered("broken", Sentence("The host did not answer as LDAP has it.")) from error
