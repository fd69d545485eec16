from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import readiness
from fieldkit.acts.desk import Desk

Sit = Callable[[str], FlaskClient]
STAMP = {"stamped_on": "2026-01-02", "ethics_no": "YS-9", "valid_from": "2026-01-02", "valid_to": ""}
KINDS = [
    "guardian_info_consent",
    "carer_agreement",
    "assent_9_11",
    "assent_12_13",
    "consent_14_17",
    "adult_18",
    "gatekeeper",
]


def test_an_interviewer_neither_stamps_nor_rewrites_a_form(sit: Sit) -> None:
    browser = sit("interviewer")

    assert browser.get("/forms").status_code == 403
    assert browser.post("/forms/stamp", data={**STAMP, "text_hash": "x"}).status_code == 403


def test_a_stamp_that_ends_before_it_begins_is_refused_and_stays_typed(sit: Sit) -> None:
    browser = sit("coordinator")
    data = {**STAMP, "text_hash": _newest(browser, "assent_9_11"), "valid_to": "2025-12-31"}
    answer = browser.post("/forms/stamp", data=data)

    assert answer.status_code == 422
    assert 'value="2025-12-31"' in answer.text


def test_while_two_institutions_stand_print_and_stamp_lead_to_the_choice(sit: Sit, desks: dict[str, Desk]) -> None:
    browser, desk = sit("coordinator"), desks["coordinator"]
    with desk.db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL")
    for name in ("甲大学", "乙大学"):  # two tabs: neither saw the other
        readiness.keep(desk, {"institution": name})

    paper = browser.get("/forms/carer_agreement/print")
    stamped = browser.post("/forms/stamp", data={**STAMP, "text_hash": _newest(browser, "assent_9_11")})
    for page in (paper, stamped):
        assert (page.status_code, "甲大学 / 乙大学" in page.text, 'href="/conflicts"' in page.text) == (409, True, True)
    assert 'value="YS-9"' in stamped.text


def test_a_stamp_reaches_the_list(sit: Sit) -> None:
    browser = sit("coordinator")

    data = {**STAMP, "text_hash": _newest(browser, "assent_9_11")}
    assert browser.post("/forms/stamp", data=data).status_code == 302
    page = browser.get("/forms").text
    assert "YS-9" in page
    told = re.findall(r'<span class="small">(盖章 [^<]*)', page)
    assert told
    assert not [one for one in told if re.search(r"\d{4}-\d{2}-\d{2}", one)]  # days as they stand elsewhere


def test_a_new_version_without_its_class_is_refused_and_stays_typed(sit: Sit) -> None:
    data = {"zh-form:carer_agreement:1": "照护人确认书", "en-form:carer_agreement:1": "Carer form"}
    answer = sit("coordinator").post("/forms/carer_agreement", data=data)

    assert answer.status_code == 422
    assert "照护人确认书" in answer.text


def test_a_new_version_waits_for_its_stamp(sit: Sit) -> None:
    browser = sit("coordinator")
    _rewrite(browser)

    assert "还没有盖章" in browser.get("/forms").text
    assert "照护人确认书" not in browser.get("/forms/carer_agreement/print").text


@pytest.mark.parametrize("doc_kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_every_form_can_be_printed_and_nothing_is_left_to_fill(sit: Sit, doc_kind: str, lang: str) -> None:
    page = sit("interviewer").get(f"/forms/{doc_kind}/print?lang={lang}").text
    sheet = page[page.index('class="leaf"') :]

    assert "{" not in sheet
    assert "留守" not in sheet
    assert ("同意" in sheet or "愿意" in sheet or "允许" in sheet) == (lang != "en")
    assert "□" in sheet or doc_kind in {"carer_agreement", "gatekeeper"}


def test_a_word_of_the_team_in_a_form_is_pointed_at(sit: Sit, hidden: Callable[[str], dict[str, str]]) -> None:
    browser = sit("coordinator")
    shown = hidden(browser.get("/forms/carer_agreement").text)
    words = {"zh-form:carer_agreement:1": "确认书（情绪困扰）", "en-form:carer_agreement:1": "Agreement"}
    told = {**shown, **words, "change_class": "minor"}

    assert "“情绪困扰”是我们内部的说法" in browser.post("/forms/carer_agreement", data=told, follow_redirects=True).text


def test_a_form_that_there_is_none_of_is_not_printed(sit: Sit) -> None:
    assert sit("interviewer").get("/forms/nothing/print").status_code == 404


def test_a_version_that_was_not_on_the_screen_is_not_stamped(sit: Sit) -> None:
    browser = sit("coordinator")
    shown = _newest(browser, "carer_agreement")
    _rewrite(browser)

    answer = browser.post("/forms/stamp", data={**STAMP, "text_hash": shown})

    assert answer.status_code == 409
    assert "有更新的版本" in answer.text
    seen = {**STAMP, "text_hash": _newest(browser, "carer_agreement")}
    assert browser.post("/forms/stamp", data=seen).status_code == 302


def test_a_new_version_is_written_only_from_the_newest_one(sit: Sit, hidden: Callable[[str], dict[str, str]]) -> None:
    browser = sit("coordinator")
    opened = hidden(browser.get("/forms/carer_agreement").text)
    _rewrite(browser)

    words = {"zh-form:carer_agreement:2": "另一句", "en-form:carer_agreement:2": "Another"}
    answer = browser.post("/forms/carer_agreement", data={**opened, **words, "change_class": "minor"})

    assert answer.status_code == 409
    assert "另一句" in answer.text


def _newest(browser: FlaskClient, kind: str) -> str:
    """Return the text of the newest version of a form, as the list carries it."""
    page = browser.get("/forms").text
    found = re.search(r'name="text_hash" value="([^"]+)"', page[page.index(f'id="{kind}"') :])
    assert found
    return found[1]


def _rewrite(browser: FlaskClient) -> None:
    page = browser.get("/forms/carer_agreement").text
    shown = re.search(r'name="text_hash" value="([^"]+)"', page)
    data = {
        "zh-form:carer_agreement:1": "照护人确认书",
        "en-form:carer_agreement:1": "Carer form",
        "change_class": "minor",
        "text_hash": shown[1] if shown else "",
    }
    assert browser.post("/forms/carer_agreement", data=data).status_code == 302


def test_a_stamp_from_another_tab_is_kept_beside_not_overwritten(
    sit: Sit, hidden: Callable[[str], dict[str, str]]
) -> None:
    browser = sit("coordinator")
    data = {**STAMP, **hidden(browser.get("/forms").text), "text_hash": _newest(browser, "assent_9_11")}
    browser.post("/forms/stamp", data=data)

    page = browser.post("/forms/stamp", data={**data, "ethics_no": "YS-10"}, follow_redirects=True).text

    assert "YS-9</b>（陈静）" in page
    assert "YS-10</b>（陈静）" in page


@pytest.mark.parametrize("doc_kind", ["assent_9_11", "assent_12_13", "consent_14_17"])
def test_a_childs_paper_asks_last_and_has_a_box_for_each_answer(sit: Sit, doc_kind: str) -> None:
    sheet = sit("interviewer").get(f"/forms/{doc_kind}/print?lang=zh").text.split('class="leaf"')[1]

    asked = sheet.split("愿意跟我聊")
    assert len(asked) == 2
    assert [asked[1].count(f'□ <span lang="zh-CN">{said}</span>') for said in ("我愿意", "我不愿意", "我再想想")] == [
        1
    ] * 3
    assert ("□" in asked[0]) == (doc_kind == "consent_14_17")
