from collections.abc import Iterator

import pytest

from resimate.tests.product import Product


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """One running product for all the tests that use it from outside. They share it, so each makes its own things."""
    running = Product.new()
    try:
        yield running.start()
    finally:
        running.remove()
