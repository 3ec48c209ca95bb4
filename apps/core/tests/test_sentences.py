"""A sentence is English wherever it goes, and on a page what its reader speaks."""

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib.messages import ERROR
from django.contrib.messages.storage import default_storage
from django.http import HttpResponse
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from apps.core.errors import Refused
from apps.core.translating import translated
from resimate_text.sentences import Sentence, paragraph

SAID = Sentence("{code!r} is already taken", code="gdp")


@pytest.fixture
def _german() -> Iterator[None]:
    with translation.override("de"):
        yield


@pytest.mark.usefixtures("_german")
@pytest.mark.parametrize(
    "kept",
    [str(SAID), str(Refused(SAID)), copy.deepcopy(SAID), pickle.loads(pickle.dumps(SAID))],  # noqa: S301  our own
    ids=["str", "exception", "copy", "pickle"],
)
def test_it_stays_english_and_can_be_translated(kept: str) -> None:
    assert kept == "'gdp' is already taken"
    assert json.dumps(kept) == "\"'gdp' is already taken\""
    assert translated(kept) == "'gdp' ist schon vergeben"


@pytest.mark.usefixtures("_german")
def test_of_its_values_only_sentences_are_translated() -> None:
    """``Open`` and ``{0}`` are what somebody wrote; the page has a German word for the first."""
    place = Sentence("{sheet}, row {row}", sheet="Open", row=3)

    said = Sentence("{place}: {detail}", place=place, detail=Sentence("{code!r} is already taken", code="{0}"))

    assert said == "Open, row 3: '{0}' is already taken"
    assert translated(said) == "Open, Zeile 3: '{0}' ist schon vergeben"


@pytest.mark.usefixtures("_german")
def test_each_sentence_of_a_paragraph_is_translated() -> None:
    said = paragraph([SAID, Sentence("Choose a published version.")])

    assert said == "'gdp' is already taken Choose a published version."
    assert translated(said) == "'gdp' ist schon vergeben Bitte wählen Sie eine veröffentlichte Version."


class _Form(forms.Form):
    code = forms.CharField()


@pytest.mark.usefixtures("_german")
def test_a_form_says_it_at_the_field_and_on_top() -> None:
    form = _Form({"code": "gdp"})
    form.add_error("code", SAID)
    form.add_error(None, Sentence("{slug} is reserved.", slug="<b>"))

    on_top = Template("{% load components %}{% error_summary form %}").render(Context({"form": form}))
    assert "<li>&#x27;gdp&#x27; ist schon vergeben</li>" in str(form)
    assert "Code: &#x27;gdp&#x27; ist schon vergeben" in on_top
    assert "&lt;b&gt; ist reserviert." in on_top
    assert form.errors.get_json_data()["code"] == [{"message": "'gdp' is already taken", "code": ""}]


@pytest.mark.usefixtures("_german", "acme")
def test_a_message_is_translated_before_it_waits_in_the_cookie(rf: RequestFactory) -> None:
    request = _with_session(rf)
    waiting, answer = default_storage(request), HttpResponse()
    waiting.add(ERROR, SAID)
    waiting.update(answer)

    following = _with_session(rf)
    following.COOKIES = {name: cookie.value for name, cookie in answer.cookies.items()}
    shown = render_to_string("components/messages.html", {"messages": default_storage(following)})

    assert "<p>&#x27;gdp&#x27; ist schon vergeben</p>" in shown


def _with_session(rf: RequestFactory) -> Any:
    request: Any = rf.get("/")
    request.session = {}
    return request
