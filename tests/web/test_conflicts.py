from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import answers, handover, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.records import KINDS, natural_id
from fieldkit.rules.conflicts import DECIDABLE
from fieldkit.studies import load_study
from fieldkit.web.conflicts import CODES

Desks = dict[str, Desk]
Sit = Callable[[str], FlaskClient]
MINE, THEIRS = "别人家都有人送伞，我没有。", "别人家都有人打伞来接。"
LONG = "下雨放学的时候。" * 60


@pytest.fixture
def carry(desks: Desks, tmp_path: Path) -> Callable[[], None]:
    """What the interviewer wrote so far reaches the coordinator."""
    sticks = iter(range(9))
    return lambda: _carry(desks, tmp_path / f"stick-{next(sticks)}")


def _carry(desks: Desks, stick: Path) -> None:
    handover.read(desks["coordinator"], handover.write(desks["interviewer"], stick).path)


@pytest.fixture
def place(desks: Desks, interview: str, carry: Callable[[], None]) -> str:
    """The page of a note that was written in two windows, neither of which saw the other."""
    for number, text in enumerate((MINE, THEIRS)):
        write(desks, interview, number, text)
    carry()
    return f"/conflicts/{natural_id('answer', interview, 'W1')}"


def write(desks: Desks, interview: str, number: int, text: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", f"editor-{number}", "{}", text))


def form(page: str) -> dict[str, str]:
    """What the page knows of what was on the screen."""
    found = dict(re.findall(r'name="(base|nonce)" value="([^"]*)"', page))
    return {name: unescape(value) for name, value in found.items()}


def version(page: str, number: int) -> str:
    """The id of the version at *number*, as its button sends it."""
    return str(re.findall(r'name="choice" value="([\w-]{22})"', page)[number])


@pytest.mark.parametrize("role", ["interviewer", "translator", "sg_lead"])
def test_nobody_but_the_coordinator_sees_or_decides_it(sit: Sit, place: str, role: str) -> None:
    browser = sit(role)

    assert [browser.get(path).status_code for path in ("/conflicts", place)] == [403, 403]
    assert browser.post(f"{place}/text", data={"choice": "both", "reason": "closer"}).status_code == 403


def test_without_a_reason_it_is_refused_and_what_was_typed_stays(sit: Sit, place: str) -> None:
    browser = sit("coordinator")
    known = form(browser.get(place).text)
    typed = {"choice": "combine", "text": "都来了，\r\n我没有。", "note": "和孩子核对过"}
    answer = browser.post(f"{place}/text", data={**known, **typed})

    assert answer.status_code == 422
    assert "原因" in answer.text
    assert "都来了，\n我没有。</textarea>" in answer.text
    assert "和孩子核对过</textarea>" in answer.text
    assert form(answer.text)["base"] == known["base"]


def test_an_unknown_choice_and_an_unknown_record_are_refused(sit: Sit, place: str) -> None:
    browser = sit("coordinator")
    known = {**form(browser.get(place).text), "reason": "closer"}

    assert browser.post(f"{place}/text", data={**known, "choice": "newest"}).status_code == 422
    assert browser.get("/conflicts/nothing").status_code == 404
    assert browser.post("/conflicts/nothing/text", data={**known, "choice": "both"}).status_code == 404


def test_the_inbox_leads_to_it_and_counts_it(sit: Sit, place: str) -> None:
    browser = sit("coordinator")
    inbox = browser.get("/inbox").text

    assert "要您定：1" in inbox
    assert f'href="{place}"' in inbox
    assert '<span class="vh">要定的：</span>1</span>' in inbox
    assert "同一字段两处修改" in browser.get("/conflicts").text


def test_an_interviewer_reads_in_the_inbox_who_decides(sit: Sit, place: str) -> None:
    inbox = sit("interviewer").get("/inbox").text

    assert "由协调员来定" in inbox
    assert place not in inbox


def test_both_sides_stand_there_with_who_and_when_and_what_differs_in_words(sit: Sit, place: str, desks: Desks) -> None:
    page = sit("coordinator").get(place).text

    assert f"甲：李岚，电脑 {desks['interviewer'].device.name}" in page
    assert re.search(r"\d+月\d+日 \d\d:\d\d（UTC[+-]\d\d:\d\d），按那台电脑的钟", page)
    assert "别人家都有人<mark>送伞，我没有</mark>。" in page
    assert '<del><span class="vh">［只在甲里：</span>送伞，我没有' in page
    assert '<ins><span class="vh">［只在乙里：</span>打伞来接' in page
    assert "别人家都有人送伞，我没有打伞来接。</textarea>" in page


def test_how_it_was_noted_goes_with_its_words_and_has_no_buttons_of_its_own(
    sit: Sit, desks: Desks, interview: str, carry: Callable[[], None]
) -> None:
    for number, (text, kind) in enumerate(((MINE, "verbatim"), (THEIRS, "summary"))):
        answers.save(desks["interviewer"], SaveAnswer(interview, "W1", f"editor-{number}", "{}", text, kind))
    carry()
    browser, path = sit("coordinator"), f"/conflicts/{natural_id('answer', interview, 'W1')}"
    page = browser.get(path).text

    assert "跟着“内容”一起定" in page
    assert page.count('class="pick"') == 1
    assert page.count("btn primary") == 1
    browser.post(f"{path}/text", data={**form(page), "choice": "combine", "text": "都来了", "reason": "asked"})
    assert browser.get(path).text.count('class="pick"') == 1


def test_one_is_taken_and_nothing_waits_any_more(sit: Sit, place: str) -> None:
    browser = sit("coordinator")
    page = browser.get(place).text
    data = {**form(page), "choice": version(page, 0), "reason": "closer"}
    after = browser.post(f"{place}/text", data=data, follow_redirects=True).text

    assert "没有要定的" in after
    assert "用了李岚的版本" in after
    assert "更接近原话" in after
    assert 'class="count"' not in after
    assert browser.post(f"{place}/text", data=data).status_code == 302  # a second tap gets what the first one got
    assert browser.get("/conflicts").text.count("用了李岚的版本") == 1
    assert "这里已经一致了" in browser.get(place).text


def test_both_are_kept_without_alarm_and_can_be_decided_otherwise(sit: Sit, place: str, interview: str) -> None:
    browser = sit("coordinator")
    data = {**form(browser.get(place).text), "choice": "both", "reason": "other", "note": "两次说的不一样"}
    browser.post(f"{place}/text", data=data)
    page, talk = browser.get(place).text, browser.get(f"/interviews/{interview}").text

    assert "都留着，因为：" in page
    assert "两次说的不一样" in page
    assert "改主意" in page
    assert "另一个版本，两份都留着：别的" in talk
    assert "! 有两种写法" not in talk
    assert "没有要定的" in browser.get("/conflicts").text


def test_a_combined_text_is_kept_and_the_next_page_says_it(sit: Sit, place: str, interview: str) -> None:
    browser = sit("coordinator")
    text = "别人家都有人打伞来接，\r\n我没有。"
    browser.post(
        f"{place}/text", data={**form(browser.get(place).text), "choice": "combine", "text": text, "reason": "asked"}
    )

    assert "别人家都有人打伞来接，<br>我没有。" in browser.get(f"/interviews/{interview}").text


def test_what_came_while_the_page_was_open_is_decided_once_more(
    sit: Sit, place: str, desks: Desks, interview: str, carry: Callable[[], None]
) -> None:
    browser = sit("coordinator")
    page = browser.get(place).text
    write(desks, interview, 2, "谁也没来。")
    carry()
    answer = browser.post(f"{place}/text", data={**form(page), "choice": version(page, 0), "reason": "closer"})

    assert answer.location == place
    after = browser.get(place).text
    assert "谁也没来</mark>。" in after
    assert "其间又来了一个版本" in after


def test_a_refused_form_goes_on_over_what_its_author_had_seen_when_it_was_opened(
    sit: Sit, place: str, desks: Desks, interview: str, carry: Callable[[], None]
) -> None:
    browser = sit("coordinator")
    page = browser.get(place).text
    write(desks, interview, 2, "谁也没来。")
    carry()
    again = browser.post(f"{place}/text", data={**form(page), "choice": version(page, 0)}).text

    assert form(again)["base"] == form(page)["base"] != form(browser.get(place).text)["base"]


def test_a_long_text_is_folded_and_shown_around_what_differs(
    sit: Sit, desks: Desks, interview: str, carry: Callable[[], None]
) -> None:
    for number, text in enumerate((LONG + "送伞", LONG + "接人")):
        write(desks, interview, number, text)
    carry()
    page = sit("coordinator").get(f"/conflicts/{natural_id('answer', interview, 'W1')}").text

    assert "中间 360 个字相同" in page
    assert page.count("<summary>全文</summary>") == 2


def test_words_of_a_note_are_never_markup(sit: Sit, desks: Desks, interview: str, carry: Callable[[], None]) -> None:
    for number, text in enumerate(("<b>雨</b>", "<i>雪</i>")):
        write(desks, interview, number, text)
    carry()
    page = sit("coordinator").get(f"/conflicts/{natural_id('answer', interview, 'W1')}").text

    assert "<b>雨" not in page
    assert "<i>雪" not in page


def test_clashing_consents_are_told_first_and_lead_to_the_child(
    sit: Sit, desks: Desks, place: str, consented: str, carry: Callable[[], None]
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "guardian", "father")
    carry()
    for path in ("/inbox", "/conflicts"):
        page = sit("coordinator").get(path).text
        assert page.index("同意状态从严") < page.index("要您定：1")
        assert f'href="/people/{consented}"' in page


def test_in_english(sit: Sit, place: str) -> None:
    browser = sit("coordinator")
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = browser.get(place).text

    assert "A: 李岚, laptop" in page
    assert "by that laptop&#39;s clock" in page
    assert "Keep both" in page
    assert "Same field edited twice" in browser.get("/conflicts").text


@pytest.mark.parametrize("kind", DECIDABLE)
def test_every_field_that_can_be_in_two_versions_has_a_name(kind: str) -> None:
    codes = load_study().codes
    named = codes["record_kind"].keys() & {kind}
    fields = KINDS[kind].fields.keys() - set(KINDS[kind].key)

    assert named
    assert fields - codes[f"field_{kind}"].keys() - {"interview"} == set()
    assert codes[f"field_{kind}"].keys() - fields == set()


def test_every_table_of_codes_that_a_field_is_read_with_is_there() -> None:
    wanted = {table for fields in CODES.values() for table in fields.values() if table}

    assert wanted <= load_study().codes.keys()
    assert [(kind, name) for kind, fields in CODES.items() for name in fields if name not in KINDS[kind].fields] == []
