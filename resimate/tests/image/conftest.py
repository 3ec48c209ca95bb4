from collections.abc import Iterator

import pytest

from resimate.tests.image.containers import Image
from resimate.tests.image.installation import Installation


@pytest.fixture(scope="session")
def image() -> Image:
    return Image()


@pytest.fixture(scope="session")
def installation(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation.new(image, tmp_path_factory.mktemp("installation"))
    yield made
    made.remove()
