from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.acts import observations, stops
from fieldkit.acts.desk import Desk

Desks = dict[str, Desk]
SEEN = {"setting_desc": "院子里晒着玉米", "profile": "跟奶奶住\n喜欢画画"}


def test_what_is_too_long_comes_back_with_all_that_was_typed(browser: FlaskClient, interview: str) -> None:
    long = SEEN | {"interaction": "长" * (observations.LONGEST + 1)}
    answer = browser.post(f"/interviews/{interview}/observation", data=long)

    assert (answer.status_code, "太长了" in answer.text, "院子里晒着玉米" in answer.text) == (422, True, True)


def test_what_was_seen_is_kept_and_a_name_is_pointed_at(
    browser: FlaskClient, interview: str, hidden: Callable[[str], dict[str, str]]
) -> None:
    path = f"/interviews/{interview}/observation"
    assert browser.post(path, data=SEEN | hidden(browser.get(path).text)).location == path
    page = browser.get(path).text
    assert "跟奶奶住\n喜欢画画</textarea>" in page
    assert "可能有真实姓名" not in page

    browser.post(path, data=SEEN | {"interaction": "小满的奶奶"} | hidden(page))

    assert "可能有真实姓名" in browser.get(path).text


def test_two_pages_of_one_observation_are_two_versions(browser: FlaskClient, interview: str) -> None:
    path = f"/interviews/{interview}/observation"
    for words in ("一直低着头", "笑了"):
        browser.post(path, data={"non_verbal": words})

    page = browser.get(path).text
    assert "<b>一直低着头</b>" in page
    assert "<b>笑了</b>" in page


def test_after_the_childs_stop_it_is_only_read(browser: FlaskClient, desks: Desks, interview: str) -> None:
    browser.post(f"/interviews/{interview}/observation", data=SEEN)
    stops.finish(desks["interviewer"], interview, stops.begin(desks["interviewer"], interview, "stop_keep").mark)

    page = browser.get(f"/interviews/{interview}/observation").text
    assert "跟奶奶住<br>喜欢画画" in page
    assert "<textarea" not in page
    assert "写过的还在，不能再加" in page


def test_what_was_being_typed_when_the_child_stopped_stays_on_the_page(
    browser: FlaskClient, desks: Desks, interview: str
) -> None:
    browser.post(f"/interviews/{interview}/observation", data=SEEN)
    stops.finish(desks["interviewer"], interview, stops.begin(desks["interviewer"], interview, "stop_keep").mark)

    refused = browser.post(f"/interviews/{interview}/observation", data=SEEN | {"interaction": "她说累了"})

    assert refused.status_code >= 400
    assert "（打了字，没有存）" in refused.text
    assert "她说累了</textarea>" in refused.text


def test_the_childs_page_leads_to_it(browser: FlaskClient, consented: str, interview: str) -> None:
    assert f"/interviews/{interview}/observation" in browser.get(f"/people/{consented}").text


def test_the_page_in_english(browser: FlaskClient, interview: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Pseudonyms only" in browser.get(f"/interviews/{interview}/observation").text
