"""How a call is made: on a connection to an address that was checked, with what speaks HTTP on it."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpcore2

from resimate_net.bounds import OURS, Answer, Limits
from resimate_net.failing import Unanswered
from resimate_net.resolving import Resolver, addresses_of
from resimate_net.streams import Pinned
from resimate_net.targets import Rules, Target
from resimate_net.trust import trusting
from resimate_net.wires import Deadline
from resimate_text.sentences import Sentence


def call(
    target: Target,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    rules: Rules,
    limits: Limits,
    resolve: Resolver,
    tls: ssl.SSLContext | None,
) -> Answer:
    """As ``resimate_net.send`` says."""
    deadline = Deadline(limits.seconds)
    addresses = addresses_of(target, rules, seconds=deadline.left(), resolve=resolve)
    pinned = Pinned(addresses, deadline, limits.head, limits.connecting)
    url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    connection = httpcore2.HTTPConnection(url.origin, ssl_context=tls or trusting(), network_backend=pinned)
    said = _headers(target, headers)
    with _told(), pinned, connection, connection.stream(method, url, headers=said, content=body or None) as response:
        if pinned.stream is not None:
            pinned.stream.opened()
        if len(response.headers) > limits.headers:
            raise Unanswered("large", Sentence("The answer has too many headers."))
        return Answer(response.status, _read_headers(response), _read_body(response, limits.body))


def _headers(target: Target, given: Mapping[str, str]) -> list[tuple[str, str]]:
    if taken := OURS & {name.lower() for name in given}:
        raise ValueError(f"these headers follow from the call: {', '.join(sorted(taken))}")
    ours = {"Host": target.authority, "Connection": "close", "Accept-Encoding": "identity", "User-Agent": "Resimate"}
    return list(({**ours, **given}).items())


def _read_headers(response: httpcore2.Response) -> dict[str, str]:
    """The last of a name counts: none of those that we read may come twice."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _read_body(response: httpcore2.Response, most: int) -> bytes:
    """Not unpacked: what was packed grows a thousandfold, and we asked for what is not."""
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > most:
            raise Unanswered("large", Sentence("The answer is larger than {most} bytes.", most=most))
    return bytes(body)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong on the way, in our words. The last two: a parser stumbles over what it has let pass."""
    try:
        yield
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ValueError, RuntimeError) as error:
        raise Unanswered("broken", Sentence("The host did not answer as HTTP has it.")) from error
