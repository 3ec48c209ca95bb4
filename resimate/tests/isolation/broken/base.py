"""A backend that now and then forgets to switch: the isolation test must notice."""

import itertools
from typing import Any

from apps.tenants.backend import base

_calls = itertools.count(1)


class DatabaseWrapper(base.DatabaseWrapper):
    def _handle_search_path(self, cursor: Any = None) -> None:
        if next(_calls) % 50 == 0:
            self.search_path_set_schemas = ["whatever the session had before"]  # type: ignore[assignment]
        super()._handle_search_path(cursor)
