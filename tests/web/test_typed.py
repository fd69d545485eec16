"""What comes back of a form that a page cannot keep: all that was typed, no secret, no code of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from wtforms import StringField

from fieldkit.web.household import SectionForm
from fieldkit.web.pages import SECRET
from fieldkit.web.typed import FIELDS, TYPED, prose

ROOT = Path(__file__).resolve().parents[2]
FIELD = re.compile(
    r"""(?:StringField|TextAreaField)\(\s*"(\w+)"|<(?:textarea|input[^>]*type="text")[^>]*name="([\w-]+)\""""
)
ELSEWHERE = {
    "code": "a child's, or the id of a record",
    "first": "a word of the recovery sheet",
    "second": "a word of the recovery sheet",
    "q": "a search, which is no form that is kept",
}


def test_every_text_field_of_the_pages_is_known_as_one_that_is_typed_in() -> None:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("fieldkit/web/*.py")]
    named = {one for path in sources for pair in FIELD.findall(path.read_text("utf-8")) for one in pair if one}
    sections = {name for kind in SectionForm.__subclasses__() for name in typed_in(kind)}

    assert {"signer_name", "text"} <= named
    assert {"sibling", "phones"} <= sections
    assert {one for one in named | sections if one not in {*FIELDS, *TYPED, *SECRET, *ELSEWHERE}} == set()


def typed_in(kind: type[SectionForm]) -> list[str]:
    """Return the fields of a section of the household into which words are typed."""
    return [name for name, field in vars(kind).items() if getattr(field, "field_class", None) is StringField]


@pytest.mark.parametrize(
    ("path", "field", "text"),
    [
        ("/help-card/A03", "number", "0394-7654321"),
        ("/people/{child}/visits", "gatekeeper", "Zhang"),
        ("/people/{child}/household/persons/" + "P" * 22, "phone", "13800000000"),
        ("/withdraw", "code", "ZK-A03-905"),
        ("/withdraw", "code", "ZK-A3-5"),
        ("/withdraw", "code", "Nanqiao Wang"),
    ],
)
def test_a_number_or_one_word_comes_back_where_a_page_was_too_old(
    browser: FlaskClient, child: str, path: str, field: str, text: str
) -> None:
    told = {"csrf_token": "of-before", "relation": "pgm", "mark": "x" * 22, field: text}
    refused = browser.post(path.format(child=child), data=told)

    assert refused.status_code == 400
    kept = re.findall(r"<textarea[^>]*readonly[^>]*>([^<]*)", refused.text)
    assert kept == [text]


@pytest.mark.parametrize(
    ("field", "text"), [("code", "A" * 22), ("first", "apple"), ("passphrase", "four plain words")]
)
def test_neither_an_id_nor_what_opens_a_laptop_comes_back(browser: FlaskClient, field: str, text: str) -> None:
    assert text not in browser.post("/withdraw", data={"csrf_token": "of-before", field: text}).text


def test_the_button_that_calls_a_parent_is_nothing_that_was_typed(browser: FlaskClient) -> None:
    with browser.application.test_request_context():
        assert prose([("phone", "mother")]) == []
        assert [one.text for one in prose([("phone", "0394-0000000")])] == ["0394-0000000"]
