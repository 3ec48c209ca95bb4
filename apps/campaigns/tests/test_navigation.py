"""The main navigation lists the sections that apps declare, and marks the one that a page lies in."""

import re

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("path", "current"), [("/", "/"), ("/campaigns/", "/campaigns/"), ("/subjects/", "/subjects/")]
)
def test_sections_stand_in_their_order_and_the_present_one_is_marked(staff: Client, path: str, current: str) -> None:
    [nav] = re.findall(r'<nav class="site-nav".*?</nav>', staff.get(path).content.decode(), re.S)

    assert re.findall(r'href="([^"]+)"', nav) == ["/", "/campaigns/", "/models/", "/subjects/"]
    assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == [current]
