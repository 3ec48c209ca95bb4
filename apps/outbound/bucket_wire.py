"""Amazon's client as it comes, with its requests over our own: one deadline each, no proxy of the environment."""

import ssl
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from apps.outbound.lines import ANYWHERE
from resimate_net import Limits, Unanswered, send, target_of
from resimate_net.bounds import OURS
from resimate_net.trust import trusting

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse


def client_of(
    endpoint: str,
    access_key: str,
    secret_key: str,
    region: str,
    limits: Limits,
    tries: int,
    of: str = "s3",
    authority: str = "",
) -> Any:
    """A client of boto3 for a service, at Amazon's own address where no other is given.

    ``authority``: a file of certificates that are believed there, instead of the system's. Errors of its own kinds come
    from it, of the way there and of the answer.
    """
    import boto3  # a tenth of a second and 20 MB, which no process pays that stores no file in a bucket
    from botocore.config import Config

    config = Config(
        signature_version="s3v4" if of == "s3" else "v4",
        retries={"total_max_attempts": tries, "mode": "standard"},
        request_checksum_calculation="when_required",  # others than Amazon know no trailing ones; we send digests
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
    )
    client = boto3.session.Session().client(
        of,
        endpoint_url=endpoint or None,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=config,
    )

    tls = trusting(file=authority)

    def answered(request: "AWSPreparedRequest", **_: Any) -> "AWSResponse":
        return _answered(request, limits, tls)

    client.meta.events.register(f"before-send.{of}", answered)
    return client


class _Raw(BytesIO):
    """What the client reads an answer from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _answered(request: "AWSPreparedRequest", limits: Limits, tls: ssl.SSLContext) -> "AWSResponse":
    from botocore.awsrequest import AWSResponse
    from botocore.exceptions import HTTPClientError

    said = {name: _text(value) for name, value in request.headers.items() if name.lower() not in {*OURS, "expect"}}
    try:
        answer = send(
            target_of(request.url, ANYWHERE),
            request.method,
            headers=said,
            body=_body(request.body),
            rules=ANYWHERE,
            limits=limits,
            tls=tls,
        )
    except Unanswered as failure:
        raise HTTPClientError(error=failure.detail) from failure
    return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.body))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else bytes(body.read())
