from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def fields_of(page: str, code: str) -> dict[str, str]:
    form = page.split(f'id="{code}"')[1].split("</form>")[0]

    def found(name: str) -> str:
        return form.split(f'name="{name}" value="')[1].split('"')[0].replace("&#34;", '"')

    return {name: found(name) for name in ("id", "base", "editor")}


def test_an_interviewer_does_not_change_the_words(browser: FlaskClient) -> None:
    assert browser.get("/strings").status_code == 403


def test_differing_placeholders_are_refused_and_stay_typed(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("translator")
    fields = fields_of(browser.get("/strings/guide:P").text, "guide:P1")
    answer = browser.post("/strings/guide:P", data={**fields, "zh": "想{away}吗？", "en": "Do you miss them?"})

    assert answer.status_code == 422
    assert "想{away}吗？" in answer.text
    assert "没存上" in answer.text


def test_a_translator_edits_and_a_coordinator_publishes(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("translator")
    fields = fields_of(browser.get("/strings/guide:P").text, "guide:P2")
    browser.post("/strings/guide:P", data={**fields, "zh": "你怕过吗？", "en": "Were you ever scared?"})
    page = browser.get("/strings/guide:P").text
    assert "你怕过吗？" in page
    assert "草稿，没发布" in page
    assert "由协调员发布" in browser.get("/strings").text
    assert browser.post("/strings/publish").status_code == 403

    assert "已发布第 2 版" in sit("coordinator").post("/strings/publish", follow_redirects=True).text


def test_a_word_of_the_team_is_pointed_at_and_kept(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("translator")
    page = browser.get("/strings/guide:W").text
    assert "我们内部的说法" not in page
    form = {"id": "guide:W1", "zh": "你觉得抑郁吗？", "en": "Do you feel low?", "base": "{}", "editor": "editor-01"}
    told = browser.post("/strings/guide:W", data=form, headers={"X-Fieldkit": "script"}).get_json()

    assert told["saved"].startswith("已存")
    assert "“抑郁”是我们内部的说法" in told["saved"]
    assert browser.get("/strings/guide:W").text.count("“抑郁”是我们内部的说法") == 1


def test_an_unknown_section_is_a_calm_page(sit: Callable[[str], FlaskClient]) -> None:
    assert sit("translator").get("/strings/nothing").status_code == 404


def test_the_words_in_english(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("translator")
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Laptops ask with version 1." in browser.get("/strings").text
