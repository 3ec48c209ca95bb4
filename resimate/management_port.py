"""The management port: opened by the launcher for all its processes, or by each process that is started alone."""

import urllib.error
import urllib.request

from apps.core.observability.port import Probe, of_this_process
from resimate_servers import ports


def asking(web_host: str, web_port: int) -> Probe:
    """A probe that asks the web server."""
    web = f"http://{ports.LOOPBACK if web_host == '0.0.0.0' else web_host}:{web_port}"  # noqa: S104  compared, not bound

    def probe(path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(web + path, timeout=5) as response:  # noqa: S310  our own address
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 503, b'{"status": "unavailable"}'

    return probe


def open_for_this_process() -> None:
    """For web, worker and scheduler: metrics and probes of a process that nobody watches over."""
    from django.conf import settings
    from django.db import connections

    from apps.core import background
    from apps.core.observability import health

    def ready() -> tuple[int, dict[str, object]]:
        try:
            return health.READINESS.answer(named=True)
        finally:
            connections.close_all()

    port = of_this_process(settings.MANAGEMENT_HOST, settings.MANAGEMENT_PORT, ready)
    if port is not None:
        background.every(5, port.start_unless_taken)
