import os
from io import BytesIO
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resimate.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_str_from_wsgi  # noqa: E402  Django has to be set up first
from django.http.cookie import parse_cookie  # noqa: E402
from django.utils.functional import cached_property  # noqa: E402
from django.utils.http import parse_header_parameters  # noqa: E402

from resimate import checks  # noqa: E402


class Request(WSGIRequest):
    """A request whose length need not be said, and whose text is UTF-8 whatever its Content-Type claims.

    Django reads as much as ``Content-Length`` says and would take a body in chunks for none at all. And it would decode
    by the charset while it makes the request, before anything answers for what goes wrong: one that is no text encoding
    (``hex``) would be a fault that no page and no log line explains.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        if not environ.get("CONTENT_LENGTH") and environ["REQUEST_METHOD"] in ("POST", "PUT", "PATCH"):
            body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        super().__init__(environ)

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            self.content_type, self.content_params = "", {}

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # type: ignore[override]  # Django has it so too
        """Without those that hold control characters: a NUL, which quotes can carry, is in no session's key."""
        cookies = parse_cookie(get_str_from_wsgi(self.environ, "HTTP_COOKIE", ""))
        return {name: value for name, value in cookies.items() if value.isprintable()}


class Handler(WSGIHandler):
    request_class = Request


application = Handler()
checks.stop_when_unfit("web")
