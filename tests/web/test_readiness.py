from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

Sit = Callable[[str], FlaskClient]


def test_only_the_coordinator_makes_the_study_ready(sit: Sit) -> None:
    browser = sit("interviewer")

    assert browser.get("/readiness").status_code == 403
    assert browser.post("/readiness", data={"pi_name": "某某"}).status_code == 403


def test_a_refused_fact_stays_typed(sit: Sit) -> None:
    answer = sit("coordinator").post("/readiness", data={"gate": "G01", "ethics_from": "2026-02-30"})

    assert answer.status_code == 422
    assert 'value="2026-02-30"' in answer.text


@pytest.mark.parametrize("changed", [{"institution": "某数据有限公司"}, {"retention_until": "2040-12-31"}])
def test_what_the_forms_say_otherwise_leads_to_the_forms_and_is_not_headed_as_all_in_place(
    sit: Sit, hidden: Callable[[str], dict[str, str]], changed: dict[str, str]
) -> None:
    browser = sit("coordinator")
    page = browser.get("/readiness").text
    refused = browser.post("/readiness", data={**hidden(page), "gate": "G01", **changed}).text.split("<main")[1]

    assert "都齐了" not in refused
    assert 'href="/forms"' in refused.split("<section")[0]
    assert 'href="/forms"' not in page.split("<main")[1].split("<section")[0]


def test_a_fact_that_was_taken_back_is_counted_as_missing_again(
    sit: Sit, hidden: Callable[[str], dict[str, str]]
) -> None:
    browser = sit("coordinator")
    page = browser.get("/readiness").text
    assert "都齐了" in page

    assert browser.post("/readiness", data={**hidden(page), "gate": "G01", "pia_ref": ""}).status_code == 302
    assert "还缺 1 项" in browser.get("/readiness").text
    assert "还缺 1 项" in browser.get("/inbox").text


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(
    sit: Sit, hidden: Callable[[str], dict[str, str]]
) -> None:
    browser = sit("coordinator")
    opened = hidden(browser.get("/readiness").text)
    browser.post("/readiness", data={**opened, "gift": "一盒彩笔", "allow_phone_consent": "no"})

    data = {**opened, "gift": "一个书包"}
    page = browser.post("/readiness", data=data, follow_redirects=True).text

    assert "一盒彩笔</b>（陈静）" in page
    assert "一个书包</b>（陈静）" in page

    data = {**hidden(page), "gift": "一个书包"}
    assert "一盒彩笔" not in browser.post("/readiness", data=data, follow_redirects=True).text


def test_a_choice_of_many_is_one_line_and_what_forms_print_is_refused_with_the_words_that_they_print(
    sit: Sit, hidden: Callable[[str], dict[str, str]]
) -> None:
    browser = sit("coordinator")
    page = browser.get("/readiness").text
    assert '<select id="team_size" name="team_size">' in page

    refused = browser.post("/readiness", data={**hidden(page), "gate": "", "team_size": "8"})
    assert refused.status_code == 409
    assert "“课题组的四个人”" in refused.text.split("<main")[1]


def test_where_all_may_stay_empty_nothing_is_said_to_be_in_place(sit: Sit) -> None:
    page = sit("coordinator").get("/readiness").text

    section = page.split('id="G09"')[1].split("</section>")[0]
    assert ("这里没有必填的" in section, "已具备" in section) == (True, False)
    assert "已具备" in page.split('id="G01"')[1].split("</section>")[0]
