from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def test_an_empty_memo_comes_back_with_a_sentence(browser: FlaskClient, interview: str) -> None:
    answer = browser.post(f"/interviews/{interview}/memo", data={"shared": "1"})

    assert (answer.status_code, "还有一处没填" in answer.text) == (422, True)
    assert 'name="shared" value="1" checked' in answer.text


def test_today_asks_for_the_memo_and_it_is_the_authors_alone(
    browser: FlaskClient, interview: str, sit: Callable[[str], FlaskClient]
) -> None:
    path = f"/interviews/{interview}/memo"
    assert path in browser.get("/today").text
    nonce = browser.get(path).text.split('name="nonce" value="')[1].split('"')[0]
    form = {"nonce": nonce, "self_role": "我问得太快了\n下次慢一点"}
    for _twice in range(2):
        assert browser.post(path, data=form).location == path

    page = browser.get(path).text
    assert page.count("我问得太快了<br>下次慢一点") == 1
    assert "只有自己能看" in page
    assert path not in browser.get("/today").text
    assert sit("coordinator").get(path).status_code == 404  # the stick was not carried yet


def test_the_memo_page_in_english(browser: FlaskClient, interview: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Nothing about the child" in browser.get(f"/interviews/{interview}/memo").text
