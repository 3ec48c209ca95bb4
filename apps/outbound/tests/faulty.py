"""A server before a server of files that does amiss what a test says, as proxies and overloaded storage do."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from resimate_net import Answer, Limits, send, target_of
from resimate_net.bounds import OURS
from resimate_net.tests.other_side import NEAR

MOST = Limits(seconds=60, body=32 * 1024 * 1024)
FAULTS = ("refused", "lost", "cut", "half taken")


class FaultyServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, upstream: int, fault_of: Callable[[], str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.fault_of = upstream, fault_of
        self.done: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: FaultyServer

    def do_PUT(self) -> None:
        fault = self.server.fault_of()
        self.server.done.append(fault)
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length // 2 if fault == "half taken" else length)
        if fault == "half taken":
            return self._hang_up()
        if fault == "refused":
            return self._say(Answer(503, {"content-type": "application/xml"}, SLOW_DOWN))
        answer = self._passed_on(body)
        if fault == "lost":  # done there, and said to be a failure here
            return self._say(Answer(500, {"content-type": "application/xml"}, INTERNAL))
        return self._say(answer, half=fault == "cut")

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT

    def _passed_on(self, body: bytes) -> Answer:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OURS}
        headers |= {"X-Forwarded-Host": "127.0.0.1", "X-Forwarded-Port": str(self.server.server_port)}  # was signed
        target = target_of(f"http://127.0.0.1:{self.server.upstream}{self.path}", NEAR)
        return send(target, self.command, headers=headers, body=body, rules=NEAR, limits=MOST)

    def _say(self, answer: Answer, *, half: bool = False) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = answer.headers.get("content-length", "0") if self.command == "HEAD" else str(len(answer.body))
        self.send_header("content-length", length)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if half else answer.body)
        self.close_connection = True

    def _hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
INTERNAL = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"


@contextmanager
def faulty(upstream: int, fault_of: Callable[[], str]) -> Iterator[FaultyServer]:
    server = FaultyServer(upstream, fault_of)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def now_and_then(share: float, faults: Sequence[str] = FAULTS, seed: int = 7) -> Callable[[], str]:
    """Faults at random, always the same ones; otherwise nothing."""
    chance = random.Random(seed)
    return lambda: chance.choice(faults) if chance.random() < share else ""
