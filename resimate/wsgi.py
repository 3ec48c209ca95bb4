import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resimate.settings")
django.setup(set_prefix=False)

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest  # noqa: E402  Django has to be set up first
from django.utils.http import parse_header_parameters  # noqa: E402

from resimate import checks  # noqa: E402


class Request(WSGIRequest):
    """Queries and bodies are UTF-8, whatever charset the Content-Type claims.

    Django would decode by that charset while it makes the request, before anything answers for what goes wrong: a
    charset that is no text encoding (``hex``) would be a fault that no page and no log line explains.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            self.content_type, self.content_params = "", {}


class Handler(WSGIHandler):
    request_class = Request


application = Handler()
checks.stop_when_unfit()
