"""What somebody has written as an address is called through one door, which looks at it each time."""

import json
import logging
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django_tenants.utils import schema_context
from prometheus_client import REGISTRY
from rest_framework import serializers

from apps.core import context
from apps.core.api import problems
from apps.core.errors import Refused
from apps.core.observability.logs import JSONFormatter
from apps.outbound import services
from apps.outbound.breaker import LeftAlone
from apps.outbound.lines import Line, rules
from apps.outbound.models import Destination
from apps.outbound.services import AddressRefused, NotAnswered, problem_with
from resimate_net import Limits, resolving
from resimate_net.tests.other_side import NEAR, OtherSide, other_side, saying

pytestmark = pytest.mark.requirement("AR-002")
LINE = Line("test", Limits(seconds=20), failures=2, pause=3000, longest_pause=3000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ILL = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"


def here(*_: object) -> Sequence[str]:
    """A fake of the resolver: every name leads to this machine."""
    return ["127.0.0.1"]


@pytest.fixture(autouse=True)
def _near(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = NEAR.allowed


def url_of(server: OtherSide, path: str = "/") -> str:
    return f"http://hooks.example:{server.port}{path}"


def counted(outcome: str) -> float:
    labels = {"purpose": "test", "outcome": outcome}
    return REGISTRY.get_sample_value("resimate_outbound_calls_total", labels) or 0


def test_an_address_outside_answers(acme: Any, now: datetime) -> None:
    before = counted("2xx")
    with other_side(saying(OK)) as server:
        answer = services.call(LINE, url_of(server), now=now, body=b"{}", headers={"X-Id": "7"}, resolve=here)

    assert (answer.status, answer.body) == (200, b"ok")
    assert counted("2xx") == before + 1


@pytest.mark.parametrize("written", ["https://10.0.0.1/", "https://user@hooks.example/", "https://0x7f000001/"])
def test_an_address_inside_is_refused_and_the_trail_says_so(
    acme: Any, now: datetime, trail: Any, settings: Any, written: str
) -> None:
    settings.OUTBOUND_ALLOW = ()

    with pytest.raises(AddressRefused) as told:
        services.call(LINE, written, now=now, resolve=here)

    assert trail() == [("address.refused", {"purpose": "test", "reason": told.value.detail})]
    assert problems.of_refusal(told.value)["status"] == 422


def test_a_name_that_has_come_to_lead_inside_is_refused_at_the_call(
    acme: Any, now: datetime, trail: Any, settings: Any
) -> None:
    with other_side(saying(OK)) as server:
        services.call(LINE, url_of(server), now=now, resolve=here)
        for _ in range(2):
            with pytest.raises(AddressRefused):
                services.call(LINE, url_of(server), now=now, resolve=lambda *_: ["127.0.0.1", "10.0.0.1"])
        with pytest.raises(LeftAlone):
            services.call(LINE, url_of(server), now=now, resolve=here)

    assert len(server.heads) == 1
    assert [action for action, _ in trail()] == ["address.refused", "destination.shut", "address.refused"]


@pytest.mark.parametrize("answer", [ILL, b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", b"no HTTP at all\r\n"])
def test_who_is_ill_or_does_not_answer_is_left_alone(acme: Any, now: datetime, answer: bytes) -> None:
    with other_side(saying(answer)) as server:
        for _ in range(2):
            with suppress(NotAnswered):
                services.call(LINE, url_of(server), now=now, resolve=here)
        with pytest.raises(LeftAlone):
            services.call(LINE, url_of(server), now=now, resolve=here)

    assert len(server.heads) == 2


def test_who_gives_no_answer_is_told_of_with_the_reason(acme: Any, now: datetime) -> None:
    before = counted("broken")
    with other_side(saying(b"no HTTP at all\r\n")) as server, pytest.raises(NotAnswered) as told:
        services.call(LINE, url_of(server), now=now, resolve=here)

    assert (told.value.reason, told.value.status, counted("broken")) == ("broken", 502, before + 1)


def test_a_name_that_leads_nowhere_is_told_like_one_that_leads_inside(
    acme: Any, now: datetime, trail: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In what is answered, in the trail and in what is said while it is left alone; the log alone has why."""
    settings.OUTBOUND_ALLOW = ()

    def unknown(*_: object) -> Sequence[str]:
        raise OSError

    told: list[Any] = []
    logged: list[str] = []
    monkeypatch.setattr(services.logger, "warning", lambda _text, why, **_: logged.append(why))
    for resolve in (unknown, here):
        for _ in range(3):
            with pytest.raises(Refused) as refusal:
                services.call(LINE, "https://hooks.example/", now=now, resolve=resolve)
            told.append((type(refusal.value), refusal.value.detail))
        with schema_context("public"):
            Destination.objects.all().delete()

    assert told[:3] == told[3:]
    assert [kind for kind, _ in told[:3]] == [AddressRefused, AddressRefused, LeftAlone]
    said = [details["reason"] for action, details in trail() if action == "address.refused"]
    assert set(said) == {"hooks.example does not lead to a public address."}
    assert logged == ["there is no such host"] * 2 + ["it leads to 127.0.0.1"] * 2


def test_a_call_that_is_thrown_out_is_settled_too(acme: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise KeyError("not here")

    monkeypatch.setattr(services, "send", stumble)
    for _ in range(2):
        with pytest.raises(KeyError):
            services.call(LINE, "http://hooks.example/", now=now)
    with pytest.raises(LeftAlone, match="left alone for a while: KeyError"):
        services.call(LINE, "http://hooks.example/", now=now)


def test_a_look_for_which_there_is_no_room_says_nothing_of_the_other_side(
    acme: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "FREE", threading.BoundedSemaphore(1))
    resolving.FREE.acquire()
    for _ in range(4):
        with pytest.raises(NotAnswered, match="Too many names") as told:
            services.call(LINE, "http://hooks.example/", now=now)
        assert told.value.reason == "busy"
    assert problem_with("https://hooks.example/") is None


def test_who_refuses_what_was_sent_is_not_ill(acme: Any, now: datetime) -> None:
    with other_side(saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) as server:
        for _ in range(4):
            assert services.call(LINE, url_of(server), now=now, resolve=here).status == 404


def test_a_call_is_a_span_whose_line_says_nothing_of_the_address(acme: Any, now: datetime) -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JSONFormatter())
    services.logger.addHandler(handler)
    services.logger.setLevel(logging.INFO)
    try:
        with context.use(context.continued("")) as work, other_side(saying(OK)) as server:
            services.call(LINE, url_of(server, "/T0/secret"), now=now, resolve=here)
    finally:
        services.logger.removeHandler(handler)
        services.logger.setLevel(logging.NOTSET)

    [line] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (line["trace_id"], line["action"], line["status"]) == (work.trace_id, "outbound test", "2xx")
    assert line["span_id"] != work.span_id
    assert not re.search("secret|hooks", json.dumps(line))
    assert work.trace_id.encode() not in server.heads[0]


def test_the_client_below_writes_no_whole_requests_into_the_log() -> None:
    """At the level of debugging it would, with the keys that they carry."""
    assert logging.getLogger("httpcore2").level == logging.INFO


def test_what_is_stored_is_looked_at_first(settings: Any) -> None:
    def unknown(*_: object) -> Sequence[str]:
        raise OSError

    assert problem_with("https://hooks.example/x", resolve=lambda *_: ["9.9.9.9"]) is None
    assert problem_with("https://9.9.9.9/") is None
    assert problem_with("http://127.0.0.1:8065/") is None
    settings.OUTBOUND_ALLOW = ()
    assert problem_with("https://hooks.example/", resolve=here) == "hooks.example does not lead to a public address."
    assert (
        problem_with("https://nobody.example/", resolve=unknown) == "nobody.example does not lead to a public address."
    )
    assert problem_with("https://127.0.0.1/") == "127.0.0.1 does not lead to a public address."


def test_a_name_that_is_not_looked_up_in_time_may_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    def sleepy(*_: object) -> Sequence[str]:
        time.sleep(1)
        return ["127.0.0.1"]

    monkeypatch.setattr(services, "LOOK", 0.05)

    assert problem_with("https://hooks.example/", resolve=sleepy) is None


def test_what_is_wrong_is_told_at_the_field_of_a_serializer_and_of_a_form() -> None:
    class Endpoint(serializers.Serializer[Any]):
        url = serializers.CharField(validators=[services.validate])

    class EndpointForm(forms.Form):
        url = forms.CharField(validators=[services.validate])

    sent = {"url": "https://10.0.0.1/"}
    form, serializer = EndpointForm(sent), Endpoint(data=sent)
    with pytest.raises(serializers.ValidationError) as told:
        serializer.is_valid(raise_exception=True)
    answer = problems.exception_handler(told.value, {})

    assert answer is not None
    detail = "10.0.0.1 does not lead to a public address."
    assert answer.data["errors"] == [{"pointer": "/url", "code": "address_refused", "detail": detail}]
    assert form.errors["url"] == [detail]
    with pytest.raises(ValidationError, match="public address"):
        services.validate("https://[::1]/")


def test_production_calls_public_addresses_alone_whatever_is_set(settings: Any) -> None:
    assert "http" in rules().schemes
    settings.DEVELOPMENT = False

    assert (rules().schemes, rules().ports, rules().allowed) == (("https",), (443, 8443), ())
