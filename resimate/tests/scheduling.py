"""Who runs what, where several processes share the suite."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it comes without types

#: Plain functions, whose tests share nothing that would be set up.
LIBRARIES = ("resimate_charts/", "resimate_engine/", "resimate_text/")


class OneProduct(LoadFileScheduling):
    """A file stays together; so do all that use the running product, which then is started once, not in each."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "product" if _uses_product(file) else file


class PropertiesApart(LoadFileScheduling):
    """A file stays together, but for those of the libraries: one of them tries ten thousand examples of so many
    properties that it would outlast all others.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(LIBRARIES) else str(super()._split_scope(nodeid))


@cache
def _uses_product(file: str) -> bool:
    path = Path(__file__).parents[2] / file
    return "/journeys/" in file or (path.is_file() and "product: Product" in path.read_text())
