"""What lies in the storage opens as it was written, in its place, or not at all."""

import io
import os

import pytest

from apps.files.sealing import FRAME, PIECE, Damaged, Joined, seal, sealed_size, unseal

pytestmark = pytest.mark.requirement("SEC-DATA-001")

KEY = os.urandom(32)
CONTENT = os.urandom(2 * PIECE + 5)


def sealed(content: bytes = CONTENT, bound: str = "acme|1") -> bytes:
    return b"".join(seal(io.BytesIO(content), KEY, bound))


def opened(stored: bytes, bound: str = "acme|1", first: int = 0) -> bytes:
    return b"".join(unseal(io.BytesIO(stored), KEY, bound, first))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_it_opens_as_it_was_written(size: int) -> None:
    stored = sealed(CONTENT[:size])

    assert opened(stored) == CONTENT[:size]
    assert len(stored) == sealed_size(size)


def test_a_source_may_give_less_than_is_asked_of_it() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 300_000))

    assert b"".join(unseal(Slow(sealed()), KEY, "acme|1")) == CONTENT
    assert b"".join(seal(Slow(CONTENT), KEY, "acme|1")) == sealed()


def test_it_opens_from_a_frame_on() -> None:
    assert opened(sealed()[FRAME:], first=1) == CONTENT[PIECE:]


@pytest.mark.parametrize("end", [0, 5, FRAME, FRAME + 20, 2 * FRAME, -1])
def test_what_ends_too_early_does_not_open(end: int) -> None:
    with pytest.raises(Damaged):
        opened(sealed()[:end])


def test_frames_in_another_order_do_not_open() -> None:
    stored = sealed()

    with pytest.raises(Damaged):
        opened(stored[FRAME : 2 * FRAME] + stored[:FRAME] + stored[2 * FRAME :])


def test_a_frame_that_is_left_out_does_not_open() -> None:
    stored = sealed()

    with pytest.raises(Damaged):
        opened(stored[:FRAME] + stored[2 * FRAME :])


def test_what_is_added_does_not_open() -> None:
    with pytest.raises(Damaged):
        opened(sealed() + b"more")


@pytest.mark.parametrize("bound", ["beta|1", "acme|2"])
def test_it_opens_for_no_other_tenant_or_file(bound: str) -> None:
    with pytest.raises(Damaged):
        opened(sealed(), bound)


def test_no_piece_is_given_that_is_not_right() -> None:
    stored = bytearray(sealed())
    stored[FRAME + 7] ^= 1
    pieces = unseal(io.BytesIO(bytes(stored)), KEY, "acme|1")

    assert next(pieces) == CONTENT[:PIECE]
    with pytest.raises(Damaged):
        next(pieces)


def test_chunks_read_as_a_file() -> None:
    joined = Joined([b"ab", b"", b"cdef", b"g"])

    assert [joined.read(3), joined.read(0), joined.read(3), joined.read(), joined.read(2)] == [
        b"abc",
        b"",
        b"def",
        b"g",
        b"",
    ]
