"""What the cache holds is JSON: whoever can write into Redis gives us values, and never code to run."""

from typing import Any

import orjson

#: No date, dataclass or other object passes: it would come back as something else.
STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


class JsonSerializer:
    """For Django's Redis cache: numbers stay numbers that Redis counts with, everything else is JSON."""

    def dumps(self, value: Any) -> Any:
        return value if type(value) is int else orjson.dumps(value, option=STRICT)

    def loads(self, stored: bytes) -> Any:
        """What another version or somebody else has left there is as good as nothing."""
        try:
            return orjson.loads(stored)
        except orjson.JSONDecodeError:
            return None
