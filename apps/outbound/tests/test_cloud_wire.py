"""The sessions of the clouds' clients go over our own client: to no other place, and with errors that they know."""

import pytest

from apps.outbound.buckets import REQUEST
from apps.outbound.cloud_wire import over_ours
from resimate_net.tests.other_side import other_side, saying

pytestmark = pytest.mark.requirement("EXT-001")
ELSEWHERE = b"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"


def test_no_redirect_is_followed_and_who_does_not_answer_is_told_in_their_own_words() -> None:
    requests = pytest.importorskip("requests", reason="it comes with the extras for clouds")
    session = over_ours(requests.Session(), REQUEST)

    with other_side(saying(ELSEWHERE)) as server, pytest.raises(requests.TooManyRedirects):
        session.get(f"http://127.0.0.1:{server.port}/")
    assert not session.trust_env
    with pytest.raises(requests.ConnectionError):
        session.get("http://127.0.0.1:1/")
