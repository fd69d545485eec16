from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import assents, carers, consents, household
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import ParentTold, Seen
from fieldkit.clock import Clock
from fieldkit.records import natural_id
from fieldkit.store import log, standing
from fieldkit.store.log import Draft

SLIP = {"called": "小草", "phone": "", "site": "A03", "sex": "f", "birth_date": "2014-05"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"called": ""}, "这里要填"),
        ({"site": "3A"}, "这里填得不对"),
        ({"sex": ""}, "请选一项"),
        ({"sex": "x"}, "请选一项"),
        ({"birth_date": "1990-01"}, "不在研究范围里"),
        ({"birth_date": "2013年冬月"}, "出生日期"),
        ({"birth_date": "2013-02-30"}, "出生日期"),
        ({"birth_date": "2013年闰冬月", "calendar": "lunar"}, "出生日期"),
        ({"birth_date": "2999-01"}, "今天以后"),
    ],
)
def test_a_slip_that_cannot_be_right_comes_back_as_it_was_typed(
    browser: FlaskClient, wrong: dict[str, str], words: str
) -> None:
    answer = browser.post("/people/new", data={**SLIP, "phone": "0394-1234567", **wrong})

    assert answer.status_code == 422
    assert words in answer.text
    assert "0394-1234567" in answer.text
    assert "有错：" in answer.text


def test_a_closed_study_says_so_before_anything_is_typed_and_offers_no_next_step(
    browser: FlaskClient, child: str, closed: Callable[[], None]
) -> None:
    closed()
    since = "起已经关闭"

    for path in ("/people/new", "/rosters"):
        assert (browser.get(path).status_code, since in browser.get(path).text) == (409, True)
    today, page = browser.get("/today").text, browser.get(f"/people/{child}").text
    assert (since in today, "登记孩子" in today, "问爸妈同不同意" in today) == (True, False, False)
    assert (since in page, "问爸妈同不同意" in page, "退出" in page) == (True, False, True)
    gates = browser.get(f"/people/{child}/gates").text
    assert (since in gates, f'href="/people/{child}/consent' in gates) == (True, False)
    assert since in browser.get("/people").text
    assert "登记孩子" not in browser.get("/people").text


def test_a_registered_child_has_a_page(browser: FlaskClient) -> None:
    answer = browser.post("/people/new", data=SLIP, follow_redirects=True)

    assert "小草" in answer.text
    assert "ZK-A03-" in answer.text
    assert "符合条件" in answer.text


def test_a_lunar_month_and_a_nominal_age_are_said_back(browser: FlaskClient) -> None:
    year = Clock().today().year
    lunar = {**SLIP, "birth_date": f"{year - 13}年冬月", "calendar": "lunar", "told_age": "十四了"}
    page = browser.post("/people/new", data=lunar, follow_redirects=True).text

    assert "虚岁" in page
    assert "农历" in page


def test_a_told_age_that_is_none_is_refused_and_stays_typed(browser: FlaskClient) -> None:
    answer = browser.post("/people/new", data={**SLIP, "told_age": "-5"})

    assert answer.status_code == 422
    assert 'value="-5"' in answer.text
    assert "口述的年龄" in answer.text


def test_sending_one_slip_twice_registers_one_child(browser: FlaskClient) -> None:
    once = browser.post("/people/new", data={**SLIP, "nonce": "same"})
    again = browser.post("/people/new", data={**SLIP, "nonce": "same"})

    assert once.location == again.location
    assert browser.get("/people").text.count('class="row r2"') == 1


@pytest.mark.parametrize("like", [{"phone": "0394-7654321"}, {"called": "小禾", "phone": "0394 1234567"}])
def test_a_child_like_one_who_is_here_is_asked_about_and_the_form_keeps_what_was_typed(
    browser: FlaskClient, like: dict[str, str]
) -> None:
    first = {**SLIP, "phone": "0394-1234567"}
    here = browser.post("/people/new", data=first).location.split("/")[2]
    second = {**first, **like, "told_age": "12"}
    asked = browser.post("/people/new", data=second)

    assert asked.status_code == 422
    assert "可能" in asked.text or "同一个" in asked.text
    assert f'href="/people/{here}" target="_blank"' in asked.text
    for text in second.values():
        assert text in asked.text
    assert browser.get("/people").text.count('class="row r2"') == 1
    assert browser.post("/people/new", data={**second, "reason_alike": "another"}).status_code == 302
    assert browser.get("/people").text.count('class="row r2"') == 2


def test_a_child_of_the_same_name_at_another_site_is_asked_nothing(browser: FlaskClient) -> None:
    browser.post("/people/new", data=SLIP)
    assert browser.post("/people/new", data={**SLIP, "site": "A04"}).status_code == 302


def test_an_unknown_child_is_a_calm_page(browser: FlaskClient) -> None:
    answer = browser.get("/people/nobody")

    assert answer.status_code == 404
    assert "没有这一页" in answer.text


def test_the_grandmothers_agreement_does_not_open_an_interview(
    browser: FlaskClient, agreed_by_grandmother: str
) -> None:
    answer = browser.post(f"/people/{agreed_by_grandmother}/interviews", follow_redirects=True)

    assert "还不能开始访谈" in answer.text
    assert "奶奶是照护人" in answer.text
    assert "Consent" in answer.text or "consent" in answer.text
    assert "打电话给父母" in answer.text
    assert f"/people/{agreed_by_grandmother}/interviews" not in answer.text


def test_the_gates_in_english(browser: FlaskClient, child: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = browser.get(f"/people/{child}/gates").text

    assert "The interview cannot start yet" in page
    assert "No guardian has consented yet" in page


@pytest.mark.parametrize("words", ["\0", '"', "a\0b", "NEAR(", "*", "x" * 5000])
def test_no_search_breaks_the_list(browser: FlaskClient, child: str, words: str) -> None:
    assert browser.get("/people", query_string={"q": words}).status_code == 200


def test_search_finds_by_code_and_says_when_it_finds_nobody(browser: FlaskClient, child: str) -> None:
    assert "小满" in browser.get("/people?q=A03").text
    assert "没找到" in browser.get("/people?q=zzz").text


def test_while_an_interview_is_open_the_gates_do_not_ask_again(
    browser: FlaskClient, interview: str, consented: str
) -> None:
    page = browser.get(f"/people/{consented}/gates").text

    assert "访谈已经开始" in page
    assert "还不能开始访谈" not in page
    assert "接着访谈" in page


def test_which_parent_objects_is_not_shown_to_other_interviewers(
    browser: FlaskClient, consented: str, desks: Any
) -> None:
    """`domain.md` §3.8: who wrote it down knows, and the coordinator; to a colleague it is a guardian."""
    browser.post(f"/people/{consented}/consent", data={"refuses": "father"})
    browser.post(f"/people/{consented}/consent/guardian/no")
    assert "（父亲）" in browser.get(f"/people/{consented}").text

    desk = desks["interviewer"]
    colleague = replace(desk, me=replace(desk.me, code="colleague1"))
    browser.application.extensions["fieldkit"].machines["interviewer"].desk = colleague
    browser.post("/demo/switch", data={"machine": "interviewer"})
    page = browser.get(f"/people/{consented}").text
    assert "（父亲）" not in page
    assert "（母亲）" in page  # who agreed is no secret


def test_what_was_written_under_a_wrong_clock_is_marked(
    browser: FlaskClient, child: str, desks: dict[str, Desk]
) -> None:
    assert "时间可疑" not in browser.get(f"/people/{child}").text
    wrong = replace(desks["interviewer"], clock=Clock(timedelta(days=-2000)))
    assents.record(wrong, child, ChildAnswer("no"))

    assert browser.get(f"/people/{child}").text.count("时间可疑") == 1


def test_a_day_of_another_year_says_which_year(browser: FlaskClient, child: str, desks: dict[str, Desk]) -> None:
    wrong = replace(desks["interviewer"], clock=Clock(timedelta(days=-2000)))
    assents.record(wrong, child, ChildAnswer("no"))

    page = browser.get(f"/people/{child}").text

    assert re.findall(r"\d+年\d+月", page) == [f"{wrong.clock.today():%Y年}{wrong.clock.today().month}月"]


@pytest.fixture
def much(desks: dict[str, Desk], consented: str) -> str:
    """A child of twelve interviews, each on its own yes; the parent said yes once, before all of them."""
    desk = desks["interviewer"]
    with desk.db.writing() as tables:
        guardian = standing.events(tables, consented)[0].id
        pattern = log.of_record(tables, guardian)[0].set
        for number in range(1, 13):
            said = Draft("consent_event", {**pattern, "actor": "child", "session": f"S{number}"}, subject=consented)
            both = (guardian, log.append(tables, desk.pen, said).id)
            held = {"interviewer": desk.me.code, "started_on": f"2026-01-{number:02}"}
            opened = Draft("interview", held, record=f"S{number}", subject=consented, session=f"S{number}")
            log.append(tables, desk.pen, replace(opened, grounds=both))
    return consented


@pytest.mark.parametrize(("asked", "lines"), [("", 10), ("?all=1", 12)])
def test_of_a_child_of_whom_there_is_much_the_newest_ten_are_shown_and_all_when_asked_for(
    browser: FlaskClient, much: str, asked: str, lines: int
) -> None:
    page = browser.get(f"/people/{much}{asked}").text

    assert page.count('class="row r2" href="/interviews/') == lines
    assert page.count('<li class="said">') == lines + 1  # the parent's yes, older than all of them, stays
    assert 'href="/interviews/S12"' in page
    assert ('href="/interviews/S2"' in page) == bool(asked)
    assert (f'href="/people/{much}?all=1"' in page) == (not asked)


def test_of_a_child_of_whom_there_is_little_all_is_shown(browser: FlaskClient, consented: str) -> None:
    assert "?all=1" not in browser.get(f"/people/{consented}").text


@pytest.fixture
def orphan(desks: Any, child: str) -> str:
    """A child both of whose parents are dead."""
    for one in ("mother", "father"):
        household.save_parent(desks["interviewer"], child, one, ParentTold(alive="no"), Seen())
    return child


def test_a_paper_of_a_dead_mother_is_refused_before_it_is_copied(
    browser: FlaskClient, orphan: str, hidden: Callable[[str], dict[str, str]]
) -> None:
    browser.post(f"/people/{orphan}/consent", data={"paper": "mother"})
    path = f"/people/{orphan}/consent/guardian/paper"
    typed = hidden(browser.get(path).text)
    named = {**typed, "method": "signature", "given_on": "2026-01-02", "paper_ref": "P-1", "paper_place": "档案盒"}
    answer = browser.post(path, data=named)

    assert answer.status_code == 422
    assert "不能" in answer.text
    assert "P-1" in answer.text


def test_nobody_is_told_to_ask_parents_who_cannot_be_asked(browser: FlaskClient, orphan: str) -> None:
    for path in (f"/people/{orphan}", f"/people/{orphan}/consent", f"/people/{orphan}/gates", "/today"):
        page = browser.get(path).text
        assert "父母现在都不能作监护人" in page
        for asks in ("问爸妈同不同意", "爸爸妈妈可以同意", "打电话给父母", "要由爸爸或妈妈来给"):
            assert asks not in page


def test_after_a_carers_agreement_nobody_is_told_to_call_parents_who_cannot_be_asked(
    browser: FlaskClient, desks: Any, orphan: str
) -> None:
    knows = CarerAnswer("pgm", "thumbprint", True, ["ok"], "cannot_read", "张某", "neighbour", "P-1", "纸袋")
    carers.record(desks["interviewer"], orphan, knows)
    for path in (f"/people/{orphan}", f"/people/{orphan}/gates", "/today"):
        page = browser.get(path).text
        assert "问现在的监护人同不同意" in page
        for asks in ("打电话给父母", "要由爸爸或妈妈来给", "同意要由父母来给"):
            assert asks not in page


def test_a_talk_that_a_guardian_halts_says_so_and_leads_to_the_guardian(
    browser: FlaskClient, desks: Any, interview: str, consented: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    consents.defer(desk, consented, says(desk, consented, follows=[standing_of(desk, consented)[0]]))

    for path in ("/today", f"/people/{consented}"):
        page = browser.get(path).text
        assert ("监护人说要再想一想：先停下" in page, "接着访谈" in page) == (True, False)
        assert f'href="/people/{consented}/consent"' in page
    gates = browser.get(f"/people/{consented}/gates").text
    assert all(words in gates for words in ("访谈已经开始，先停一停", "监护人还要想一想", "问爸妈同不同意"))
    assert ("亲口问孩子" in gates, "开场的话" in gates) == (False, False)


def standing_of(desk: Desk, child: str) -> list[str]:
    """The guardian's events of a child."""
    with desk.db.reading() as tables:
        return [event.id for event in standing.events(tables, child) if event.actor == "guardian"]


def test_two_versions_of_the_only_parent_say_who_chooses_and_where(
    browser: FlaskClient, sit: Callable[[str], FlaskClient], desks: Any, child: str, carry: Callable[[Desk, Desk], Any]
) -> None:
    desk = desks["interviewer"]
    for one, alive in (("mother", "no"), ("father", "yes")):
        household.save_parent(desk, child, one, ParentTold(alive=alive), Seen())
    told = {"child": child, "parent": "father", "alive": "no"}
    with desk.db.writing() as tables:
        log.append(tables, desk.pen, Draft("parent", told, record=natural_id("parent", child, "father"), subject=child))

    for path in (f"/people/{child}", f"/people/{child}/consent", f"/people/{child}/gates", "/today"):
        page = browser.get(path).text
        assert ("两个版本" in page, f'href="/people/{child}/household"' in page) == (True, True)
        assert ("父母现在都不能作监护人" in page, "问爸妈同不同意" in page) == (False, False)
    carry(desk, desks["coordinator"])
    assert "您在“两个版本”里选定以前" in sit("coordinator").get(f"/people/{child}").text


def test_after_a_childs_no_of_today_the_gates_push_nobody_on(browser: FlaskClient, consented: str) -> None:
    browser.post(f"/people/{consented}/assent", data={"answer": "no"})
    page = browser.get(f"/people/{consented}/gates").text.split("<main")[1]

    assert "今天没有要办的" in page
    assert "还差" not in page
    assert "btn primary" not in page
    first, folded = page.split("<details", 1)
    assert ("G06" in first, "今天不再说" in first, "今天不再说" in folded) == (True, False, True)


def test_after_a_guardians_no_the_gates_offer_only_the_way_back(browser: FlaskClient, child: str) -> None:
    path = f"/people/{child}/consent"
    browser.post(path, data={"refuses": "mother"})
    browser.post(f"{path}/guardian/no")
    page = browser.get(f"/people/{child}/gates").text

    assert "这家不同意参加，没有要办的" in page
    assert "那位监护人改主意了" in page
    assert ("还差" in page, "等第" in page, "btn primary" in page) == (False, False, False)


def test_a_child_that_thinks_about_it_is_not_urged(browser: FlaskClient, consented: str) -> None:
    asked = f'<a class="btn primary big" href="/people/{consented}/assent">'
    assert asked in browser.get(f"/people/{consented}").text
    browser.post(f"/people/{consented}/assent", data={"answer": "think"})

    for path in ("/today", f"/people/{consented}", f"/people/{consented}/gates"):
        page = browser.get(path).text.split("<main")[1]
        assert "别催" in page
        assert "primary" not in page.split('<section class="card next"')[-1].split("</section>")[0]
        assert f'href="/people/{consented}/assent">去问孩子' in page


def test_after_a_refused_visit_the_first_button_asks_whose_no_it_was(browser: FlaskClient, child: str) -> None:
    browser.post(f"/people/{child}/visits", data={"outcome": "refused"})
    for path in ("/today", f"/people/{child}"):
        now = browser.get(path).text.split('<section class="card next"')[1].split("</section>")[0]
        assert f'<a class="btn primary big" href="/people/{child}/visits/refused">写明是谁不愿意</a>' in now
        assert now.count("primary") == 1

    browser.post(f"/people/{child}/visits/not-taking-part", data={"reason": "carer_no"})
    assert "写明是谁不愿意" not in browser.get(f"/people/{child}").text


def test_a_gate_of_another_age_is_not_listed_as_in_place(browser: FlaskClient, consented: str) -> None:
    page = browser.get(f"/people/{consented}/gates").text
    chips = dict(re.findall(r'(不满十四周岁|已满十四周岁).*?<span class="chip[^>]*>(.*?)</span>', page, re.DOTALL))

    assert chips == {"不满十四周岁": "✓ 已具备", "已满十四周岁": "不适用"}


def test_a_site_that_is_new_here_is_pointed_at_and_one_that_is_known_is_not(browser: FlaskClient) -> None:
    for site, said in (("A77", True), ("A77", False), ("A03", False)):
        typed = {**SLIP, "called": f"小{site}{said}", "site": site}
        page = browser.post("/people/new", data=typed, follow_redirects=True).text
        assert (f"这台电脑上以前没有{site}这个调查点" in page) == said


def test_a_site_is_read_however_the_keyboard_wrote_it(browser: FlaskClient) -> None:
    assert browser.post("/people/new", data={**SLIP, "site": "ａ０３"}).status_code == 302

    assert "ZK-A03-" in browser.get("/people").text


def test_what_was_answered_to_an_item_that_no_form_asks_any_more_stays_readable(
    browser: FlaskClient, desks: dict[str, Desk], child: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    whole = says(desk, child)
    consents.record(desk, child, replace(whole, items={**whole.items, "share_team": "no"}))

    assert "○ 课题组成员分析" in browser.get(f"/people/{child}").text
