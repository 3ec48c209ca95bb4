"""Which face of the product an address belongs to."""

from django.conf import settings
from django.http import HttpRequest

from apps.core import roles


def is_api(request: HttpRequest) -> bool:
    """Whether a program is answered: an API's address, or whatever comes to a process that has no pages."""
    return request.path.startswith("/api/") or settings.ROLE in roles.API
