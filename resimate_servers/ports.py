"""Free ports on the loopback address, remembered so that an installation keeps its own."""

import socket
from collections.abc import Mapping

from resimate_servers.errors import EmbeddedError

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
    return True


def answers(port: int, host: str = LOOPBACK) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def require_free(port: int, variable: str, host: str = LOOPBACK) -> None:
    if not is_free(port, host):
        raise EmbeddedError(f"Port {port} is already in use; set {variable} to another one.")


def choose(name: str, remembered: Mapping[str, int]) -> int:
    """The port that ``name`` had last time, if it is still free; else any free one."""
    port = remembered.get(name)
    if port and is_free(port):
        return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
