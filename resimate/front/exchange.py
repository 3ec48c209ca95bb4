"""One request, from granian's RSGI to WSGI and back."""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from django.conf import settings

from apps.core import answer_headers, context
from apps.core.api import problems
from apps.core.api.renderers import encode
from resimate.front.intake import Body

#: Bytes of a streamed answer that stay in memory; what is longer is sent from a file without a name.
IN_MEMORY: Final = 1024 * 1024
#: Seconds that such a file is held for the server to open it.
HELD: Final = 60.0

#: What a request is told that reaches no thread.
REFUSALS: Final = {400: "malformed", 408: "too_slow", 411: "length_required", 503: "unavailable"}


class Abandoned:
    """Whether the client has gone: work whose answer nobody reads may end. Any thread may ask."""

    __slots__ = ("_gone",)

    def __init__(self) -> None:
        self._gone = False

    def set(self) -> None:
        self._gone = True

    def is_set(self) -> bool:
        return self._gone


class Exchange:
    """What is known of one request between the event loop, where it comes in, and the thread that answers it."""

    def __init__(self, scope: Any, proto: Any, loop: asyncio.AbstractEventLoop, done: deque["Exchange"]) -> None:
        self.scope, self.proto = scope, proto
        self._done = done
        self.abandoned = Abandoned()
        self.body: Body | None = None
        self.came_at = time.monotonic()
        self.seconds_of_body = 0.0
        self.is_watched = False
        self.ended: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self.is_answered = False

    def environ(self) -> dict[str, Any]:
        environ = environ_of(self.scope)
        if self.body is not None:
            environ["CONTENT_LENGTH"] = str(self.body.size)
        environ["wsgi.input"] = self.body.file if self.body is not None else BytesIO()
        environ[context.ABANDONED] = self.abandoned
        return environ

    def run(self, application: Callable[..., Any]) -> None:
        """Let a WSGI application answer, in the thread that this is called in."""
        started: list[Any] = []
        response = application(self.environ(), lambda status, headers, *_: started.extend((status, headers)))
        try:
            status, headers = int(started[0][:3]), started[1]
            if getattr(response, "streaming", True):
                self._send_stream(status, headers, response)
            else:
                self.is_answered = True
                self.proto.response_bytes(status, headers, response.content)
        finally:
            response.close()

    def _send_stream(self, status: int, headers: list[tuple[str, str]], chunks: Iterable[bytes]) -> None:
        """The stream is drained at our own pace, so that no slow reader holds a thread or a connection."""
        file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed below or by the loop
        for chunk in chunks:
            if self.abandoned.is_set():
                file.close()
                return
            file.write(chunk)
        size = file.tell()
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        self.is_answered = True
        if size <= IN_MEMORY:
            file.seek(0)
            self.proto.response_bytes(status, [*headers, ("Content-Length", str(size))], file.read())
            file.close()
            return
        file.flush()
        self.proto.response_file(status, [*headers, ("Content-Length", str(size))], f"/dev/fd/{file.fileno()}")
        self._loop.call_soon_threadsafe(self._loop.call_later, HELD, file.close)

    def refuse(self, status: int) -> None:
        self.is_answered = True
        refuse(self.proto, status)

    def end(self) -> None:
        """The thread is done with it, well or not."""
        if not self.is_answered and not self.abandoned.is_set():
            self.is_answered = True
            self.proto.response_empty(500, answer_headers.at_the_door())
        self._done.append(self)

    def settle(self) -> None:
        """Let the loop go on where it waits for this."""
        if not self.ended.done():
            self.ended.set_result(None)


def refuse(proto: Any, status: int) -> None:
    """Answer without Django: nothing more of the body is read, so the connection ends with the answer."""
    with context.use(context.continued("")):
        problem = encode(problems.body(REFUSALS[status]))
    headers = [("Content-Type", problems.MEDIA_TYPE), ("Connection", "close"), *answer_headers.at_the_door()]
    proto.response_bytes(status, [*headers, *([("Retry-After", "2")] if status == 503 else [])], problem)


def environ_of(scope: Any) -> dict[str, Any]:
    """The WSGI environ of a request, without its body."""
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": address_of(scope),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would pass for the header that is spelt with hyphens
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}" if key in environ else value
    if host := host_of(scope):
        environ["HTTP_HOST"] = host
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        environ[name] = environ.pop(f"HTTP_{name}", "")
    return environ


def host_of(scope: Any) -> str:
    """The host that was asked for: a target in absolute form, and HTTP/2's authority, go before the header.

    Where a proxy has to write another host, as in front of Knative, it says so beside it. Probes come past that proxy.
    """
    said = scope.headers.get("x-forwarded-host") if settings.TRUST_FORWARDED_HOST else None
    return str(said or scope.authority or scope.headers.get("host") or "")


def address_of(scope: Any) -> str:
    return str(scope.client.rpartition(":")[0].strip("[]"))
