from collections.abc import Iterator

import pytest

from resimate.tests.product import Product


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """One running product for all the tests that use it from outside. They share it, so each makes its own things.

    It may call fakes that run beside it.
    """
    running = Product.new(RESIMATE_OUTBOUND_ALLOW="127.0.0.0/8")
    try:
        yield running.start()
    finally:
        running.remove()
