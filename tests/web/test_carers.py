from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

GIVEN = {
    "agreed": "yes",
    "understanding": "ok",
    "method": "thumbprint",
    "no_sign_reason": "cannot_read",
    "witness_name": "张某",
    "witness_relation": "neighbour",
    "paper_ref": "P-12",
    "paper_place": "纸袋 3",
    "witness_fit": "1",
}


def begin(browser: FlaskClient, child: str) -> str:
    browser.post(f"/people/{child}/consent", data={"relation": "pgm"})
    return f"/people/{child}/consent/carer"


def test_a_thumbprint_without_a_witness_is_refused(browser: FlaskClient, child: str) -> None:
    answer = browser.post(begin(browser, child), data={**GIVEN, "witness_name": ""})

    assert answer.status_code == 422
    assert "P-12" in answer.text


def test_an_answer_that_was_not_tapped_is_asked_for_by_its_question(browser: FlaskClient, child: str) -> None:
    answer = browser.post(begin(browser, child), data={**GIVEN, "understanding": ""})

    assert answer.status_code == 422
    assert re.search(r'href="#understanding">您说说看：[^<]*？ 请选一项。<', answer.text)


def test_a_witness_of_whom_nobody_says_that_they_are_fit_is_none(browser: FlaskClient, child: str) -> None:
    answer = browser.post(begin(browser, child), data={**GIVEN, "witness_fit": ""})

    assert answer.status_code == 422
    assert "见证人要成年" in answer.text


def test_a_teacher_as_witness_wants_one_tap_on_a_reason(browser: FlaskClient, child: str) -> None:
    path, teacher = begin(browser, child), {**GIVEN, "witness_relation": "teacher"}
    answer = browser.post(path, data=teacher)

    assert answer.status_code == 422
    assert 'name="reason_V25"' in answer.text
    assert browser.post(path, data={**teacher, "reason_V25": "no_pressure"}).status_code == 302


def test_an_agreement_is_kept_as_an_agreement(browser: FlaskClient, child: str) -> None:
    page = browser.post(begin(browser, child), data=GIVEN, follow_redirects=True).text

    assert "配合确认已经存好" in page
    assert "还不能开始访谈" in page
    assert "配合确认" in browser.get(f"/people/{child}").text


def test_a_carer_may_say_no_without_a_paper(browser: FlaskClient, child: str) -> None:
    assert browser.post(begin(browser, child), data={"agreed": "no"}).status_code == 302


def test_the_carers_text_in_english(browser: FlaskClient, child: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "a carer, not a guardian" in browser.get(begin(browser, child)).text


@pytest.mark.usefixtures("no_form_in_force")
def test_without_a_form_in_force_a_carer_can_only_say_no(browser: FlaskClient, child: str) -> None:
    page = browser.post(f"/people/{child}/consent", data={"relation": "pgm"}, follow_redirects=True).text

    assert "没有获批的版本" in page
    assert re.findall(r'name="agreed" value="(\w+)"', page) == ["no"]
