"""From a name to addresses, in time."""

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

from resimate_net.addresses import Address
from resimate_net.failing import Unanswered
from resimate_net.targets import Rules, Target, check, inside
from resimate_text.sentences import Sentence

#: Gives the addresses of a host, as text; raises OSError where there is none.
Resolver = Callable[[str, int], Sequence[str]]
#: Names may have any number of addresses. All are checked, and so many are tried.
TRIED: Final = 4
#: So many names are looked up by one process at a time. A look cannot be ended, only left behind.
LOOKS: Final = 16
FREE: Final = threading.BoundedSemaphore(LOOKS)


def by_the_system(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in found]


def addresses_of(target: Target, rules: Rules, *, seconds: float, resolve: Resolver = by_the_system) -> list[Address]:
    """The addresses that a call to the target may go to, from one look.

    Raises ``NotOutside`` where one of them is not public or there is none, and ``Unanswered`` where it takes longer, or
    too many others look.
    """
    if target.address is not None:
        found: list[Address] = [target.address]
    else:
        found = [ip_address(text) for text in dict.fromkeys(_within(seconds, resolve, target))]
    if not found:
        raise inside(target, "there is no such host")
    check(target, found, rules)
    return found[:TRIED]


def _within(seconds: float, resolve: Resolver, target: Target) -> Sequence[str]:
    """Ask in a thread of its own: nothing else ends a look that a name server draws out."""
    answers: queue.SimpleQueue[Sequence[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_found(resolve, target))
        finally:
            FREE.release()

    if not FREE.acquire(blocking=False):
        raise Unanswered("busy", Sentence("Too many names are being looked up; try again shortly."))
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        found = None
    if found is None:
        raise Unanswered("slow", Sentence("Looking up {host} took too long.", host=target.host))
    return found


def _found(resolve: Resolver, target: Target) -> Sequence[str] | None:
    """The addresses, none where there is no such name, or None where the name servers did not say."""
    try:
        return resolve(target.host, target.port)
    except socket.gaierror as error:
        return None if error.errno == socket.EAI_AGAIN else []
    except (OSError, UnicodeError):
        return []
