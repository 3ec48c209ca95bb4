"""The sessions of the clouds' own clients, with their requests over ours: one deadline each, and no proxy."""

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

from apps.outbound.lines import ANYWHERE
from resimate_net import Limits, Unanswered, send, target_of
from resimate_net.bounds import OURS

if TYPE_CHECKING:
    import requests

S = TypeVar("S", bound="requests.Session")


def over_ours(session: S, limits: Limits) -> S:
    """The same session. Its errors are those of requests, of the way there and of the answer."""
    from requests.adapters import HTTPAdapter  # not at the start: only who has files in a cloud pays for it

    adapter = HTTPAdapter()
    adapter.send = partial(_answered, adapter, limits=limits)  # type: ignore[method-assign]  # what a subclass would do
    session.trust_env, session.max_redirects = False, 0
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def _answered(adapter: Any, request: Any, *, limits: Limits, **_: Any) -> Any:
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import ReadTimeout
    from urllib3 import HTTPResponse

    said = {name: _text(value) for name, value in request.headers.items() if name.lower() not in {*OURS, "expect"}}
    target, body = target_of(request.url, ANYWHERE), _body(request.body)
    try:
        answer = send(target, request.method, headers=said, body=body, rules=ANYWHERE, limits=limits)
    except Unanswered as failure:
        kind = ReadTimeout if failure.reason == "slow" else NoConnection
        raise kind(str(failure.detail), request=request) from failure
    raw = HTTPResponse(
        BytesIO(answer.body),
        headers=dict(answer.headers),
        status=answer.status,
        preload_content=False,
        enforce_content_length=False,  # of HEAD there is none; of all else our client has seen to it
        request_method=request.method,
    )
    return adapter.build_response(request, raw)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(body: Any) -> bytes:
    if not body:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else bytes(body.read())
