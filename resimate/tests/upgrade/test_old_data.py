"""Data of an earlier commit open with this code: all is found again, and nobody who asks meanwhile meets an error.

Which commit that is stands in ``COMMIT``; ``README.md`` says when to raise it.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from resimate.tests.product import Product
from resimate.tests.upgrade import notes, story
from resimate.tests.upgrade.dumps import Dump, dump, restore
from resimate.tests.upgrade.earlier import COMMIT, earlier_product, has_past, is_known
from resimate.tests.upgrade.notes import SIGN_INS, Caller, Notes
from resimate.tests.upgrade.story import Told
from resimate.tests.upgrade.traffic import Traffic
from resimate_servers.processes import wait_until

pytestmark = pytest.mark.requirement("DB-002")


@dataclass(frozen=True)
class Earlier:
    """An installation of the earlier commit, stopped; what was noted of it, and what was dumped while it ran."""

    product: Product
    told: Told
    links: list[str]
    notes: Notes
    dump: Dump


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Earlier]:
    if not is_known():
        missing = f"This clone does not hold the commit {COMMIT}; fetch the whole history (git fetch --unshallow)."
        pytest.fail(missing) if os.environ.get("CI") and has_past() else pytest.skip(missing)
    product = earlier_product()
    try:
        product.start(patience=300)
        told = story.tell(product)
        links = notes.personal_links(product)
        noted = notes.take(product, told.keys, links)
        _expect_something_to_find(noted, told)
        dumped = dump(product, tmp_path_factory.mktemp("dump"))
        product.stop()
        yield Earlier(product, told, links, noted, dumped)
    finally:
        product.remove()


def _expect_something_to_find(noted: Notes, told: Told) -> None:
    """Nothing is found again easily where nothing was noted."""
    assert [
        name for name in ("campaigns", "users", "api-keys", "audit-entries") if not noted.rows[f"demo {name}"]
    ] == []
    assert any(len(answers) >= 20 for answers in noted.answers.values())
    assert sum(score is not None for score in noted.scores.values()) >= 40
    assert "Comment 0" in noted.links[told.unfinished].values()
    assert {link["status"] for link in noted.links.values()} == {"200", "410"}


@pytest.fixture
def present() -> Iterator[Product]:
    product = Product.new()
    yield product
    product.remove()


def test_a_data_folder_of_an_earlier_commit_opens_under_traffic(earlier: Earlier, present: Product) -> None:
    subprocess.run(["cp", "--archive", earlier.product.folder / "data", present.folder], check=True)

    _start_under_traffic(present, earlier)

    _find_everything_again(present, earlier)
    story.answer_all(present, earlier.told.unfinished)


def test_a_dump_of_an_earlier_commit_opens_under_traffic(earlier: Earlier, present: Product) -> None:
    restore(earlier.dump, present)

    _start_under_traffic(present, earlier)

    _find_everything_again(present, earlier)


def _start_under_traffic(product: Product, earlier: Earlier) -> None:
    paths = ("/health/ready", "/sign-in/", "/api/v1/campaigns/", earlier.links[0])
    with Traffic(product, paths, earlier.told.keys["demo"]) as traffic:
        product.start(patience=300)
    assert traffic.failures == {}
    assert traffic.latest == dict.fromkeys(paths, 200)


def _find_everything_again(product: Product, earlier: Earlier) -> None:
    assert wait_until(lambda: _is_scored(product, earlier), 60, pause=0.5)
    assert product.request("GET", "demo", "/api/v1/campaigns/", key=earlier.told.revoked).status == 401
    assert [one for one in SIGN_INS if not notes.sign_in(product, *one)] == []
    assert notes.differences(earlier.notes, notes.take(product, earlier.told.keys, earlier.links)) == []


def _is_scored(product: Product, earlier: Earlier) -> bool:
    """A migration may ask that scores be calculated anew, which the worker does once it runs."""
    reader = Caller(product, "demo", earlier.told.keys["demo"])
    found = {row["id"]: row["score"] for row in reader.every("assessments/")}
    return all(found[pk] is not None for pk in earlier.notes.scores if pk in found)
