"""The pages of a household: what is refused stays typed, each section alone, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import consents, household
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import PersonTold
from fieldkit.clock import Clock

OUT = {"alive": "yes", "living_with": "no", "away_since": "2019-03", "months_away": "11", "work_place": "henan"}
Hidden = Callable[[str], dict[str, str]]


@pytest.mark.parametrize(
    ("changed", "rule", "words"),
    [
        ({"away_since": f"{Clock().today().year + 1}-12"}, "V14", "外出起始时间晚于今天"),
        ({"start_age": "十四"}, "V16", "不能大于现在的年龄"),
        ({"months_away": "3"}, "V17", "中间间断"),
        ({"months_away": "3", "away_since": ""}, "V15", "外出不足 6 个月"),
        ({"months_away": "很久"}, "请", "在外月数"),
        ({"occupation": "spy", "months_away": "11"}, "请", "职业类别"),
        ({"alive": "perhaps"}, "请", "是否健在"),
    ],
)
def test_what_cannot_be_is_said_and_stays_typed(
    browser: FlaskClient, child: str, changed: dict[str, str], rule: str, words: str
) -> None:
    told = browser.post(f"/people/{child}/household/parents/father", data={**OUT, **changed})

    assert told.status_code == 422
    assert words in told.text
    assert rule in told.text
    assert f'value="{OUT["months_away"] if "months_away" not in changed else changed["months_away"]}"' in told.text


def test_a_reason_is_tapped_and_the_section_is_kept(browser: FlaskClient, child: str) -> None:
    place, short = f"/people/{child}/household/parents/father", {**OUT, "months_away": "3", "away_since": ""}
    assert 'name="reason_V15"' in browser.post(place, data=short).text

    page = browser.post(place, data={**short, "reason_V15": "just_left"}, follow_redirects=True)

    assert page.status_code == 200
    assert "河南省内" in page.text


def test_names_wait_for_a_guardian(browser: FlaskClient, child: str) -> None:
    place = f"/people/{child}/household"

    assert browser.get(f"{place}/identity").status_code == 409
    assert "监护人同意以后" in browser.get(place).text
    answer = browser.post(f"{place}/persons/{'P' * 22}", data={"relation": "pgm", "name": "王某"})
    assert answer.status_code == 409
    assert "王某" in answer.text
    assert "王某" not in browser.get(place).text


def test_a_parent_who_is_none_and_a_stranger_are_not_found(browser: FlaskClient, child: str) -> None:
    assert browser.get(f"/people/{child}/household/parents/uncle").status_code == 404
    assert browser.get("/people/nobody/household").status_code == 404
    assert browser.get(f"/people/{child}/household/persons/nobody/end").status_code == 404


def test_a_guardian_without_a_basis_is_told_why_she_is_a_carer(browser: FlaskClient, child: str) -> None:
    place = browser.get(f"/people/{child}/household/persons/new").headers["Location"]
    page = browser.post(place, data={"relation": "pgm", "role": "guardian"}, follow_redirects=True).text

    assert "已按照护人存好" in page
    assert "被委托照护人" in page


LAWFUL = {"relation": "pgm", "role": "guardian", "basis": "court", "basis_evidence": "seen_paper"}


@pytest.mark.parametrize("paper", ["没有", "无", "口头", "none"])
def test_that_there_is_no_paper_is_said_beside_its_field_and_stays_typed(
    browser: FlaskClient, child: str, paper: str
) -> None:
    place = browser.get(f"/people/{child}/household/persons/new").headers["Location"]
    refused = browser.post(place, data={**LAWFUL, "basis_paper": paper})

    assert refused.status_code == 422
    assert 'href="#basis_paper"' in refused.text
    assert "不算材料" in refused.text
    assert f'value="{paper}"' in refused.text


@pytest.mark.parametrize("shown", [{"basis_paper": ""}, {"basis_evidence": "told"}])
def test_a_guardian_of_whom_no_paper_is_named_is_saved_and_said_to_count_only_with_one(
    browser: FlaskClient, child: str, shown: dict[str, str]
) -> None:
    place = browser.get(f"/people/{child}/household/persons/new").headers["Location"]
    told = "写明是哪一份"

    assert told in browser.post(place, data={**LAWFUL, **shown}, follow_redirects=True).text
    assert told not in browser.post(place, data={**LAWFUL, "basis_paper": "判决书 7 号"}, follow_redirects=True).text


def test_a_role_is_ended(browser: FlaskClient, child: str) -> None:
    place = browser.get(f"/people/{child}/household/persons/new").headers["Location"]
    browser.post(place, data={"relation": "pgm"})
    assert browser.post(f"{place}/end", data={"ended_on": "2026-01-02"}).status_code == 422

    page = browser.post(
        f"{place}/end", data={"ended_on": Clock().today().isoformat(), "ended_why": "moved"}, follow_redirects=True
    ).text

    assert "为止" in page
    assert "不再担任" not in page


def test_two_tabs_are_seen(browser: FlaskClient, child: str, hidden: Hidden) -> None:
    place = f"/people/{child}/household/child"
    opened = hidden(browser.get(place).text)
    for grade in ("p6", "p5"):
        browser.post(place, data={"grade": grade, **opened})
    assert "有两种写法" in browser.get(f"/people/{child}/household").text
    page = browser.get(place).text
    assert "六年级</b>（李岚）" in page
    assert "五年级</b>（李岚）" in page

    browser.post(place, data={"grade": "p5", **hidden(page)})

    assert "有两种写法" not in browser.get(f"/people/{child}/household").text


def test_a_base_that_is_none_is_refused(browser: FlaskClient, child: str) -> None:
    assert browser.post(f"/people/{child}/household/child", data={"grade": "p6", "base": "["}).status_code == 422


def test_the_birth_date_with_its_hints(browser: FlaskClient, consented: str, hidden: Hidden) -> None:
    place = f"/people/{consented}/household/identity"
    told = {"birth_date": f"{Clock().today().year - 13}年冬月", "birth_calendar": "lunar", "told_age": "十六了"}
    page = browser.post(place, data={**told, **hidden(browser.get(place).text)}, follow_redirects=True).text

    assert "可能报的是虚岁" in page
    assert "农历日期" in page
    assert "年冬月" in browser.get(place).text


@pytest.mark.parametrize("section", ["", "/child", "/parents/mother", f"/persons/{'P' * 22}", "/identity"])
def test_every_page_in_both_languages_without_the_word(browser: FlaskClient, consented: str, section: str) -> None:
    place = f"/people/{consented}/household{section}"
    assert "留守" not in browser.get(place).text
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    page = browser.get(place).text
    assert "left-behind" not in page.lower()
    main = page[page.index("<main") :]
    own = re.sub(r'lang="zh-CN">[^<]*<|冬月|十四', "", main.replace("年冬月", ""))
    assert not re.search("[\u4e00-\u9fff]", own)


def test_the_coordinator_reads_and_does_not_change(sit: Callable[[str], FlaskClient], child: str) -> None:
    browser = sit("coordinator")
    answer = browser.get(f"/people/{child}/household")

    assert answer.status_code in {200, 404}  # 404: nothing was handed over yet
    assert "household/child" not in answer.text


def test_a_second_mother_is_asked_about_with_one_tap_and_the_first_one_then_ended(
    browser: FlaskClient, child: str
) -> None:
    first, second = (f"/people/{child}/household/persons/{letter * 22}" for letter in "AB")
    assert browser.post(first, data={"relation": "mother"}).status_code == 302
    asked = browser.post(second, data={"relation": "mother"})
    assert asked.status_code == 422
    assert 'name="reason_known_adult" value="instead"' in asked.text

    sure = {"relation": "mother", "reason_known_adult": "instead"}
    assert "不再担任" in browser.post(second, data=sure, follow_redirects=True).text.split("<h1")[0]


def test_where_only_the_name_of_the_paper_is_missing_the_childs_page_says_so_and_leads_to_it(
    browser: FlaskClient, desks: dict[str, Desk], child: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk, shown = desks["interviewer"], {"basis": "court", "basis_evidence": "seen_paper"}
    consents.record(desk, child, says(desk, child, relation="uncle_aunt", basis_paper="判决书第3号", **shown))
    (known,) = household.view(desk, child).persons
    page = f"/people/{child}/household/persons/{known.record}"
    told = PersonTold("uncle_aunt", role="guardian", **shown)
    household.save_person(desk, child, known.record, told, known.seen)

    for where in (f"/people/{child}", f"/people/{child}/gates"):
        shown_there = browser.get(where).text
        assert f'href="{page}"' in shown_there, where
        assert "名称" in shown_there, where
        assert "监护人变了" not in shown_there, where
