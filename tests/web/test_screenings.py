from __future__ import annotations

from flask.testing import FlaskClient


def test_an_answer_that_is_none_is_told_and_the_page_stays(browser: FlaskClient, child: str) -> None:
    answer = browser.post(f"/people/{child}/screening", data={"lbc_now": "perhaps"})

    assert answer.status_code == 422
    assert "孩子符合条件吗" in answer.text


def test_one_tap_says_that_everything_fits(browser: FlaskClient, child: str) -> None:
    assert "都符合，没有要排除的" in browser.get(f"/people/{child}/screening").text
    answer = browser.post(f"/people/{child}/screening", data={"all_fit": "yes"}, follow_redirects=True)

    assert "筛查好了：符合条件" in answer.text


def test_one_criterion_that_is_not_met_is_enough(browser: FlaskClient, child: str) -> None:
    answer = browser.post(f"/people/{child}/screening", data={"lbc_now": "not_met"}, follow_redirects=True)

    assert "联系条已经删掉" in answer.text
    assert "小满" not in browser.get(f"/people/{child}").text


def test_what_was_answered_stands_there_again(browser: FlaskClient, child: str) -> None:
    browser.post(f"/people/{child}/screening", data={"lbc_now": "met", "approach": "village"})
    page = browser.get(f"/people/{child}/screening").text

    assert 'name="lbc_now" value="met" checked' in page
    assert 'value="village" selected' in page
