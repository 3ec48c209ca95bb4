"""The messages that the next page shows."""

from django.contrib.messages import middleware
from django.http import HttpRequest

from apps.core.paths import is_api


class MessageMiddleware(middleware.MessageMiddleware):
    """Keeps messages for pages alone: a program reads none, and each of its requests would set up a store for them."""

    def process_request(self, request: HttpRequest) -> None:
        if not is_api(request):
            super().process_request(request)
