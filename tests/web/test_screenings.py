from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.acts import screenings

Hidden = Callable[[str], dict[str, str]]


def test_an_answer_that_is_none_is_told_and_the_page_stays(browser: FlaskClient, child: str) -> None:
    answer = browser.post(f"/people/{child}/screening", data={"lbc_now": "perhaps"})

    assert answer.status_code == 422
    assert "孩子符合条件吗" in answer.text


def test_one_tap_says_that_everything_fits(browser: FlaskClient, child: str) -> None:
    assert "都符合，没有要排除的" in browser.get(f"/people/{child}/screening").text
    answer = browser.post(f"/people/{child}/screening", data={"all_fit": "yes"}, follow_redirects=True)

    assert "筛查好了：符合条件" in answer.text


def test_one_criterion_that_is_not_met_is_enough(browser: FlaskClient, child: str, hidden: Hidden) -> None:
    place = f"/people/{child}/screening"
    opened = hidden(browser.get(place).text)
    answer = browser.post(place, data={**opened, "lbc_now": "not_met"}, follow_redirects=True)

    assert "联系单已经删掉" in answer.text
    assert "小满" not in browser.get(f"/people/{child}").text


def test_what_was_answered_stands_there_again(browser: FlaskClient, child: str, hidden: Hidden) -> None:
    place = f"/people/{child}/screening"
    browser.post(place, data={**hidden(browser.get(place).text), "lbc_now": "met", "approach": "village"})
    page = browser.get(place).text

    assert 'name="lbc_now" value="met" checked' in page
    assert 'value="village" selected' in page


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(
    browser: FlaskClient, child: str, hidden: Hidden
) -> None:
    place, fit = f"/people/{child}/screening", screenings.all_fit()
    opened = hidden(browser.get(place).text)
    browser.post(place, data={**opened, **fit, "lbc_now": "unknown"})

    page = browser.post(place, data={**opened, **fit, "lbc_now": "not_met"}, follow_redirects=True).text

    assert "有两种写法" in page
    assert "不清楚</b>（李岚）" in page
    assert "不符合</b>（李岚）" in page
    assert "小满" in browser.get(f"/people/{child}").text  # the slip stays until one of the two holds

    browser.post(place, data={**hidden(page), **fit})
    assert "有两种写法" not in browser.get(place).text


def test_what_is_refused_still_stands_on_what_was_seen(browser: FlaskClient, child: str, hidden: Hidden) -> None:
    place, fit = f"/people/{child}/screening", screenings.all_fit()
    opened = hidden(browser.get(place).text)
    browser.post(place, data={**opened, **fit, "lbc_now": "unknown"})

    refused = browser.post(place, data={**opened, **fit, "lbc_now": "perhaps"})
    assert hidden(refused.text)["base"] == opened["base"]
