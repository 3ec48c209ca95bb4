"""Which face of the product an address belongs to."""

from django.http import HttpRequest


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
