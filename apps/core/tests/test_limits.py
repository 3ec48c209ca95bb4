import pytest
from django.test import Client

from apps.core import metrics

pytestmark = pytest.mark.requirement("SEC-001")
MORE = 20 * 1024 * 1024 + 1


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/sign-in/", "multipart/form-data; boundary=x"),
        ("/a/nobody/check/", "multipart/form-data; boundary=x"),
        ("/api/v1/subjects/", "application/json"),
    ],
)
def test_too_much_is_refused_before_it_is_read(db: None, address: str, kind: str) -> None:
    client = Client(headers={"host": "acme.localhost", "content-length": str(MORE)}, enforce_csrf_checks=True)

    assert client.post(address, b"", content_type=kind).status_code == 413


def test_people_are_told_on_a_page_in_their_language(db: None) -> None:
    client = Client(headers={"host": "acme.localhost", "content-length": str(MORE), "accept-language": "de"})
    answer = client.post("/models/exchange/", b"", content_type="multipart/form-data; boundary=x")

    assert "Das ist zu groß" in answer.content.decode()
    assert 'href="/models/exchange/"' in answer.content.decode()
    assert "Content-Security-Policy" in answer


def test_a_problem_says_so_to_programs(db: None) -> None:
    client = Client(headers={"host": "acme.localhost", "content-length": str(MORE)})
    answer = client.post("/api/v1/subjects/", b"", content_type="application/json")

    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize("length", ["-1", "many", "²"])
def test_a_length_that_is_none_is_refused_too(db: None, length: str) -> None:
    client = Client(headers={"host": "acme.localhost", "content-length": length})

    assert client.get("/sign-in/").status_code == 413


@pytest.mark.requirement("MON-001")
def test_methods_that_clients_invent_make_no_new_series(db: None) -> None:
    client = Client(headers={"host": "acme.localhost"})
    for method in ("BREW", "BREW2"):
        client.generic(method, "/sign-in/")

    told = {sample.labels["method"] for sample in next(iter(metrics.REQUESTS.collect())).samples}
    assert "other" in told
    assert not {method for method in told if method.startswith("BREW")}
