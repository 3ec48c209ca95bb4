"""The policy that is kept is the one that django-csp composes."""

import pytest
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse

from apps.core.content_policy import ContentPolicyMiddleware


def directives(policy: str) -> set[str]:
    return {part.strip() for part in policy.split(";")}


def policy_of(response: HttpResponse) -> set[str]:
    answer = ContentPolicyMiddleware(lambda _: response).process_response(HttpRequest(), response)
    return directives(answer["Content-Security-Policy"])


def test_an_answer_without_wishes_gets_the_policy_of_the_settings() -> None:
    assert policy_of(HttpResponse()) == directives(build_policy()) >= {"default-src 'none'", "script-src 'self'"}


@pytest.mark.parametrize(
    ("wish", "value"), [("_csp_update", {"style-src": ["'sha256-x'"]}), ("_csp_replace", {"style-src": ["'sha256-x'"]})]
)
def test_an_answer_with_wishes_gets_its_own(wish: str, value: dict[str, list[str]]) -> None:
    response = HttpResponse()
    setattr(response, wish, value)

    assert any("'sha256-x'" in directive for directive in policy_of(response))
