"""JSON of a file is read as it is written, or refused: nothing of it is passed over."""

import pytest

from resimate_engine.document import read_json

pytestmark = pytest.mark.requirement("CMS-001")


def test_a_key_that_stands_twice_in_an_object_is_refused_by_its_name():
    with pytest.raises(ValueError, match="'low' stands twice in one object"):
        read_json('{"scale": {"low": 0, "high": 1, "low": 2}}')


def test_a_key_may_stand_in_several_objects():
    assert read_json('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]
