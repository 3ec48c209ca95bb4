"""JSON pointers (RFC 6901): where in a document something is."""


def pointer(*steps: str | int) -> str:
    """Return the JSON pointer made of ``steps``.

    >>> pointer("units", 3, "values", "a/b")
    '/units/3/values/a~1b'
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
