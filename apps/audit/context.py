from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core import context


class ActorMiddleware:
    """Names the signed-in person as the one the request works for; API authentication says so itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.get("_auth_user_id"):
            context.amend(user_id=str(request.session["_auth_user_id"]), actor_type="user")
        return self.get_response(request)
