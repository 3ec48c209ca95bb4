"""A column more in lists of people is read, and never passed over in silence for people who are known."""

from dataclasses import dataclass, fields

import pytest

from apps.outreach import acquaintances, contacts
from apps.outreach.contacts import PLACES, Contact
from resimate_text.sentences import Sentence

pytestmark = pytest.mark.requirement("CAMP-001")


@dataclass(frozen=True, slots=True)
class WithPhone(Contact):
    phone: str = ""


def test_all_that_a_contact_says_has_its_place() -> None:
    assert [one.name for one in fields(Contact)] == [*PLACES, "rename"]
    assert {*contacts.LONGEST, "language"} == set(PLACES)


def test_another_column_differs_from_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquaintances, "PLACES", (*PLACES, "phone"))
    known = WithPhone("Bo", "bo@example.org", "Staff", phone="+1")
    said = WithPhone("Bo", "bo@example.org", "Staff", "de", phone="+2")

    assert acquaintances.differing(said, known) == ["phone"]
    with pytest.raises(acquaintances.KnownByAnotherName) as refusal:
        acquaintances.refuse_other_names([said], None, lambda email: known)
    assert isinstance(refusal.value.errors[0].detail, Sentence)
    assert "known as Bo (Staff, +1), not as Bo (Staff, +2)" in str(refusal.value.errors[0].detail)
