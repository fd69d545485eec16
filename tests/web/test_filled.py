from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from sync.replica import Report

FORMS = {
    "memo": {"self_role": "急"},
    "observation": {"setting_desc": "院子"},
    "close": {"do": "keep", "thank_you": "本子"},
}
every_form = pytest.mark.parametrize("form", FORMS)


def known(page: str, name: str) -> str:
    found = re.search(f'{name}="([^"]*)"', page)
    return found[1] if found else ""


def test_who_writes_no_form_gets_no_key_for_one(
    browser: FlaskClient,
    desks: dict[str, Desk],
    interview: str,
    sit: Callable[[str], FlaskClient],
    carry: Callable[[Desk, Desk], Report],
) -> None:
    path = f"/interviews/{interview}/observation"
    assert len(known(browser.get(path).text, "data-queue")) == 64
    carry(desks["interviewer"], desks["coordinator"])
    answer = sit("coordinator").get(path)

    assert (answer.status_code, "data-queue" in answer.text) == (200, False)


@every_form
def test_a_page_names_the_forms_of_its_interview_that_are_saved(
    browser: FlaskClient, interview: str, form: str
) -> None:
    path = f"/interviews/{interview}/{form}"
    page = browser.get(path).text
    nonce = known(page, 'name="nonce" value')
    assert (len(nonce), known(page, "data-done")) == (22, "")
    browser.post(path, data={**FORMS[form], "nonce": nonce})

    for shown in (path, f"/interviews/{interview}"):
        assert known(browser.get(shown).text, "data-done") == nonce
    assert known(browser.get(path).text, 'name="nonce" value') != nonce


@every_form
def test_a_form_that_comes_back_keeps_its_name_and_is_not_called_saved(
    browser: FlaskClient, interview: str, form: str
) -> None:
    path = f"/interviews/{interview}/{form}"
    nonce = known(browser.get(path).text, 'name="nonce" value')
    field = next(name for name in FORMS[form] if name != "do")
    answer = browser.post(path, data={**FORMS[form], field: "长" * 20001, "nonce": nonce})

    assert answer.status_code == 422
    assert known(answer.text, 'name="nonce" value') == nonce
    assert known(answer.text, "data-done") == ""
