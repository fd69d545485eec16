from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import clocks, closings, consents, household, people, readiness, withdrawals
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import IdentityTold, PersonTold, Seen
from fieldkit.clock import Clock
from fieldkit.records import natural_id
from fieldkit.store import log
from fieldkit.store.log import Draft
from fieldkit.studies import load_study
from fieldkit.web import consents as web_consents
from fieldkit.web.pages import png
from fieldkit.web.sessions import COOKIE

PORT = 8750
ITEMS = len(next(form for form in load_study().forms if form.doc_kind == "guardian_info_consent").items)


def read_and_ask(browser: FlaskClient, child: str, answers: list[str], relation: str = "mother") -> None:
    assert browser.post(f"/people/{child}/consent", data={"relation": relation}).status_code == 302
    told = {f"back{number}": "ok" for number in range(3)}
    assert browser.post(f"/people/{child}/consent/guardian/read", data=told).status_code == 302
    for number, answer in enumerate(answers, 1):
        path = f"/people/{child}/consent/guardian/items/{number}"
        assert browser.post(path, data={"answer": answer}).status_code == 302


def grown_up(desk: Desk, child: str) -> None:
    long_ago = Draft("participant", {"registered_on": "2016-05-01"}, record=child, subject=child)
    born = Draft("identity", {"birth_date": "2005-01-01"}, record=natural_id("identity", child), subject=child)
    with desk.db.writing() as tables:
        log.append_over(tables, desk.pen, long_ago)
        log.append_over(tables, desk.pen, born)


def mark_on(browser: FlaskClient, path: str) -> str:
    return browser.get(path).text.split('name="mark" value="')[1].split('"')[0]


SIGNED = {
    "real_name": "刘某",
    "birth_date": "2014-05",
    "pseudonym_zh": "南乔",
    "pseudonym_en": "Nanqiao",
    "migration": "both_away",
    "carer": "pgm",
    "signer_name": "王某",
}


def test_without_a_signature_nothing_is_kept_and_nothing_typed_is_lost(browser: FlaskClient, child: str) -> None:
    read_and_ask(browser, child, ["yes"] * ITEMS)
    answer = browser.post(f"/people/{child}/consent/guardian/sign", data=SIGNED)

    assert answer.status_code == 422
    assert "还没有签名" in answer.text
    assert "刘某" in answer.text
    assert "等待监护人同意" in browser.get(f"/people/{child}").text


def test_a_parent_signs_and_the_child_is_next(browser: FlaskClient, child: str, signature: str) -> None:
    read_and_ask(browser, child, ["yes"] * (ITEMS - 1) + ["no"])
    path = f"/people/{child}/consent/guardian/sign"
    form = {**SIGNED, "signature": signature, "mark": mark_on(browser, path)}
    page = browser.post(path, data=form, follow_redirects=True).text

    assert "同意已经存好" in page
    assert "去问孩子" in page
    assert "刘某" not in page
    assert browser.post(path, data=form).location == f"/people/{child}"  # a second tap


def test_a_second_guardian_need_not_tell_the_name_again_and_another_one_asks_whether_it_is_the_same_child(
    browser: FlaskClient, child: str, desks: dict[str, Desk], signature: str
) -> None:
    path = f"/people/{child}/consent/guardian/sign"
    read_and_ask(browser, child, ["yes"] * ITEMS)
    assert "空着就不改" not in browser.get(path).text
    browser.post(path, data={**SIGNED, "signature": signature})
    read_and_ask(browser, child, ["yes"] * ITEMS, "father")
    page = browser.get(path).text
    assert page.count("已经有记录，空着就不改") == 2
    assert "刘某" not in page

    asked = browser.post(path, data={**SIGNED, "real_name": "王别名", "signature": signature})
    assert asked.status_code == 422
    assert "是同一个孩子，原来记的不对" in asked.text
    assert f'href="/people/{child}/household"' in asked.text
    silent = {**SIGNED, "real_name": "", "birth_date": "", "signature": signature}
    assert browser.post(path, data=silent).location == f"/people/{child}"
    with desks["interviewer"].db.reading() as tables:
        (kept,) = tables.query("SELECT real_name, birth_date FROM identities")
    assert kept == {"real_name": "刘某", "birth_date": "2014-05"}


def test_a_date_that_was_read_from_a_paper_is_put_right_in_the_household_and_not_with_a_signature(
    browser: FlaskClient, child: str, desks: dict[str, Desk], signature: str
) -> None:
    path = f"/people/{child}/consent/guardian/sign"
    read_and_ask(browser, child, ["yes"] * ITEMS)
    browser.post(path, data={**SIGNED, "signature": signature})
    known = household.view(desks["interviewer"], child).identity
    assert known is not None
    of_book = IdentityTold("2014-05-09", "gregorian", "household_book")
    household.save_identity(desks["interviewer"], child, of_book, known.seen)
    read_and_ask(browser, child, ["yes"] * ITEMS, "father")
    answer = browser.post(path, data={**SIGNED, "birth_date": "2014-05-10", "signature": signature})

    assert answer.status_code == 422
    assert "是照户口簿或学籍记的" in answer.text
    assert f'href="/people/{child}/household"' in answer.text


def test_the_day_on_a_paper_is_typed_as_it_stands_there(browser: FlaskClient, child: str) -> None:
    today = Clock().today()
    browser.post(f"/people/{child}/consent", data={"paper": "mother"})
    path, paper = f"/people/{child}/consent/guardian/paper", {"paper_ref": "P-1", "paper_place": "柜子"}
    told = {**paper, "given_on": f"{today.year} 年 {today.month:02} 月 {today.day:02} 日"}

    assert browser.post(path, data=told).location == f"/people/{child}/consent/guardian/read"


def test_back_after_a_stored_consent_says_that_it_is_saved_and_asks_nobody_anew(
    browser: FlaskClient, child: str, signature: str
) -> None:
    path = f"/people/{child}/consent"
    assert "谁在这里" in browser.get(path).text
    read_and_ask(browser, child, ["yes"] * ITEMS)
    assert browser.post(f"{path}/guardian/sign", data={**SIGNED, "signature": signature}).status_code == 302
    back = browser.get(f"{path}/guardian/sign", follow_redirects=True).text

    assert "谁在这里" not in back
    assert "已存好：母亲，同意。" in back
    assert "去问孩子" in back


def test_another_guardian_is_asked_from_the_child_s_page_and_back_from_there_says_saved_again(
    browser: FlaskClient, child: str, signature: str
) -> None:
    path = f"/people/{child}/consent"
    read_and_ask(browser, child, ["yes"] * ITEMS)
    browser.post(f"{path}/guardian/sign", data={**SIGNED, "signature": signature})
    link = re.search(rf'href="({path}\?seen=\d+)"', browser.get(f"/people/{child}").text)
    assert link
    assert "谁在这里" in browser.get(link[1]).text

    browser.post(path, data={"refuses": "father"})
    assert browser.post(f"{path}/guardian/no").status_code == 302
    back = browser.get(link[1]).text
    assert "谁在这里" not in back
    assert "已存好：父亲，不同意。" in back


def test_who_still_has_to_be_asked_is_asked_and_what_the_carer_said_is_told_as_saved(
    browser: FlaskClient, child: str
) -> None:
    path = f"/people/{child}/consent"
    browser.post(path, data={"relation": "pgm"})
    assert browser.post(f"{path}/carer", data={"agreed": "no"}).status_code == 302
    page = browser.get(path).text

    assert "谁在这里" in page
    assert "已存好：奶奶" in page


def test_a_closed_study_leads_no_parent_to_the_reading_and_still_to_the_no_and_the_paper(
    browser: FlaskClient, child: str, closed: Callable[[], None]
) -> None:
    path = f"/people/{child}/consent"
    browser.post(path, data={"relation": "mother"})
    assert browser.get(f"{path}/guardian/read").status_code == 200
    closed()

    who = browser.get(path).text
    assert ("起已经关闭" in who, 'name="relation" value="mother"' in who, 'name="phone"' in who) == (True, False, False)
    for started in (browser.get(f"{path}/guardian/read"), browser.post(path, data={"relation": "mother"})):
        assert (started.status_code, "起已经关闭" in started.text) == (409, True)
    assert browser.post(path, data={"paper": "mother"}).location == f"{path}/guardian/paper"
    browser.post(path, data={"relation": "pgm"})
    carer = browser.get(f"{path}/carer").text
    assert ("起已经关闭" in carer, 'value="yes"' in carer, 'value="no"' in carer) == (True, False, True)
    browser.post(path, data={"refuses": "father"})
    assert browser.post(f"{path}/guardian/no").status_code == 302
    child_s = browser.get(f"/people/{child}/assent").text
    assert ("起已经关闭" in child_s, 'value="think"' in child_s, 'value="no"' in child_s) == (True, False, True)


def test_a_closed_study_still_leads_to_a_guardians_second_thoughts(
    browser: FlaskClient, child: str, desks: dict[str, Desk], closed: Callable[[], None]
) -> None:
    path = f"/people/{child}/consent"
    assert 'name="thinks"' not in browser.get(path).text
    closed()

    assert 'name="thinks" value="father"' in browser.get(path).text
    assert browser.post(path, data={"thinks": "father"}).location == f"{path}/guardian/later"
    later = browser.get(f"{path}/guardian/later").text
    assert (f'href="{path}"' in later, f"{path}/guardian/read" in later) == (True, False)
    assert browser.post(f"{path}/guardian/later", data={"again_on": ""}).status_code == 302
    assert [event.act for event in people.case(desks["interviewer"], child).events] == ["deferred"]


def test_a_guardian_by_law_who_thinks_it_over_needs_no_paper(
    browser: FlaskClient, child: str, closed: Callable[[], None]
) -> None:
    closed()
    path = f"/people/{child}/consent"
    told = {"relation": "pgm", "basis": "court", "how": "thinks"}

    assert browser.post(path, data=told).location == f"{path}/guardian/later"
    nothing = browser.post(path, data={**told, "basis": ""})
    assert (nothing.status_code, "这句还没有记下" in nothing.text) == (422, True)


def test_what_a_guardian_said_is_kept_where_the_study_was_closed_in_the_midst_of_the_steps(
    browser: FlaskClient, child: str, closed: Callable[[], None]
) -> None:
    path = f"/people/{child}/consent"
    browser.post(path, data={"relation": "mother"})
    closed()

    day = (Clock().today() + timedelta(days=9)).isoformat()
    assert browser.post(f"{path}/guardian/later", data={"again_on": day}).status_code == 302


def test_after_a_guardians_no_for_somebody_of_eighteen_they_are_asked_themselves(
    browser: FlaskClient, child: str, desks: dict[str, Desk]
) -> None:
    path = f"/people/{child}/consent"
    browser.post(path, data={"refuses": "mother"})
    grown_up(desks["interviewer"], child)

    assert "由本人自己决定" in browser.post(f"{path}/guardian/no", follow_redirects=True).text
    assert people.case(desks["interviewer"], child).events[-1].actor == "guardian"
    for way in ("relation", "paper"):
        refused = browser.post(path, data={way: "mother"})
        assert (refused.status_code, "由本人自己决定" in refused.text) == (409, True)


def test_what_was_not_understood_is_read_again(browser: FlaskClient, child: str) -> None:
    browser.post(f"/people/{child}/consent", data={"relation": "mother"})
    told = {"back0": "ok", "back1": "again", "back2": "ok"}
    answer = browser.post(f"/people/{child}/consent/guardian/read", data=told)

    assert answer.status_code == 422
    assert "没听明白" in answer.text


def test_neither_again_nor_nothing_counts_as_an_answer(browser: FlaskClient, child: str) -> None:
    read_and_ask(browser, child, [])
    path = f"/people/{child}/consent/guardian/items/1"

    for answer in ("again", "", "maybe"):
        assert browser.post(path, data={"answer": answer}).location.endswith("/read")
    assert "已经问过的" not in browser.get(path).text


def test_an_item_is_one_screen_with_two_equal_buttons(browser: FlaskClient, child: str) -> None:
    read_and_ask(browser, child, ["yes", "yes"])
    page = browser.get(f"/people/{child}/consent/guardian/items/3").text

    assert page.count('class="btn big" name="answer"') == 2
    assert f"第 3 项，共 {ITEMS} 项" in page
    assert "checked" not in page


def test_a_no_to_taking_part_is_written_down_only_after_it_was_meant(browser: FlaskClient, child: str) -> None:
    read_and_ask(browser, child, ["no"])
    assert "还没问过爸爸妈妈" in browser.get(f"/people/{child}").text

    browser.post(f"/people/{child}/consent/guardian/no")
    assert "有一位监护人不同意" in browser.get(f"/people/{child}").text


def test_who_tapped_no_by_mistake_is_led_back_to_that_item(browser: FlaskClient, child: str) -> None:
    form = next(form for form in load_study().forms if form.doc_kind == "guardian_info_consent")
    number = [item.code for item in form.items].index("store") + 1
    read_and_ask(browser, child, ["yes"] * (number - 1) + ["no"])
    back = re.search(r'href="([^"]+)">点错了', browser.get(f"/people/{child}/consent/guardian/no").text)

    assert back
    assert back[1].endswith(f"/items/{number}")


def test_the_steps_begin_with_who_is_here(browser: FlaskClient, child: str) -> None:
    for step in ("read", "items/1", "sign", "no"):
        assert browser.get(f"/people/{child}/consent/guardian/{step}").location.endswith("/consent")


@pytest.mark.parametrize("step", ["guardian/later", "guardian/no", "guardian/read", "guardian/sign", "carer"])
def test_a_form_of_steps_that_never_began_spoils_none_that_follow(browser: FlaskClient, child: str, step: str) -> None:
    for path in (step, "guardian/later", "carer", "guardian/sign"):
        answer = browser.post(f"/people/{child}/consent/{path}")
        assert (answer.status_code, "steps_gone" in answer.text) == (409, True), path
    assert browser.get(f"/people/{child}/consent/guardian/later").location == f"/people/{child}/consent"
    read_and_ask(browser, child, ["yes"])


def test_reading_aloud_in_english(browser: FlaskClient, child: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    browser.post(f"/people/{child}/consent", data={"relation": "father"})
    page = browser.get(f"/people/{child}/consent/guardian/read").text

    assert "Read this aloud" in page
    assert "监护人知情同意书" in page


def test_a_signature_is_shown_to_the_interviewer(browser: FlaskClient, consented: str) -> None:
    page = browser.get(f"/people/{consented}").text
    picture = browser.get(page.split('class="drawn" src="')[1].split('"')[0])

    assert picture.mimetype == "image/png"


def test_the_steps_of_another_tab_store_nothing(browser: FlaskClient, child: str, signature: str) -> None:
    """The mother's page is still open when somebody begins with the father: her signature is not made his."""
    read_and_ask(browser, child, ["yes"] * ITEMS)
    path = f"/people/{child}/consent/guardian/sign"
    mark = mark_on(browser, path)
    browser.post(f"/people/{child}/consent", data={"relation": "father"})

    answer = browser.post(path, data={**SIGNED, "signature": signature, "mark": mark})
    assert (answer.status_code, "这一页什么也没存" in answer.text) == (409, True)
    assert "还没问过爸爸妈妈" in browser.get(f"/people/{child}").text


def test_under_a_doubted_clock_the_page_offers_the_reason_to_tap(
    browser: FlaskClient, child: str, signature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "doubted", lambda *_: True)
    read_and_ask(browser, child, ["yes"] * ITEMS)
    path, signed = f"/people/{child}/consent/guardian/sign", {**SIGNED, "signature": signature}
    answer = browser.post(path, data=signed)

    assert answer.status_code == 422
    assert 'name="reason_V31"' in answer.text
    assert browser.post(path, data={**signed, "reason_V31": "date_right"}).status_code == 302


def test_a_no_from_another_tab_after_the_yes_is_not_dropped_in_silence(
    browser: FlaskClient, child: str, signature: str
) -> None:
    read_and_ask(browser, child, ["yes"] * ITEMS)
    path = f"/people/{child}/consent/guardian"
    mark = mark_on(browser, f"{path}/sign")
    signed = {**SIGNED, "signature": signature, "mark": mark}
    assert browser.post(f"{path}/sign", data=signed).status_code == 302
    assert browser.post(f"{path}/sign", data=signed).status_code == 302  # a second press on the same answer

    for step, data in (("no", {}), ("items/3", {"answer": "no"}), ("later", {})):
        answer = browser.post(f"{path}/{step}", data={"mark": mark, **data})
        assert (answer.status_code, "steps_gone" in answer.text) == (409, True), step


@pytest.mark.parametrize("step", ["read", "items/1", "no", "later", "sign", "call", "paper", "dropped"])
def test_what_a_page_of_other_steps_carries_is_not_dropped_in_silence(
    browser: FlaskClient, child: str, step: str
) -> None:
    """A guardian's no from a window of before is not kept, and the person who wrote it down is told so."""
    read_and_ask(browser, child, ["no"])
    form = {"mark": mark_on(browser, f"/people/{child}/consent/guardian/no")}
    browser.post(f"/people/{child}/consent", data={"relation": "father"})

    answer = browser.post(f"/people/{child}/consent/guardian/{step}", data=form)
    assert (answer.status_code, "这一页什么也没存" in answer.text) == (409, True)
    assert "还没问过爸爸妈妈" in browser.get(f"/people/{child}").text


def test_two_taps_at_once_on_saving_keep_one_consent(
    browser: FlaskClient, child: str, signature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_and_ask(browser, child, ["yes"] * ITEMS)
    path = f"/people/{child}/consent/guardian/sign"
    form = {**SIGNED, "signature": signature, "mark": mark_on(browser, path), **token_on(browser)}
    inside, came_in, first_is_over, record = Event(), Event(), Event(), consents.record

    def held(*said: Any) -> str:
        inside.set()
        came_in.wait(1)  # lets a second form come in, where nothing keeps it out
        return record(*said)

    def second_png(url: str | None) -> bytes:
        if inside.is_set():
            came_in.set()
            first_is_over.wait()
        return png(url)

    monkeypatch.setattr(consents, "record", held)
    monkeypatch.setattr(web_consents, "png", second_png)
    second = browser.application.test_client()
    second.set_cookie(COOKIE, cookie_of(browser), domain="127.0.0.1")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(browser.post, path, data=form)
        first.add_done_callback(lambda _: first_is_over.set())
        inside.wait()
        answers = [first, pool.submit(second.post, path, data=form, base_url=f"http://127.0.0.1:{PORT}")]

    assert [one.result().location for one in answers] == [f"/people/{child}"] * 2
    assert browser.get(f"/people/{child}").text.count('class="drawn"') == 1


def token_on(browser: FlaskClient) -> dict[str, str]:
    return {"csrf_token": browser.get("/help-card").text.split('name="csrf_token" value="')[1].split('"')[0]}


def cookie_of(browser: FlaskClient) -> str:
    found = browser.get_cookie(COOKIE, domain="127.0.0.1")
    assert found
    return found.value


def test_only_an_interviewer_begins_the_steps(child: str, sit: Callable[[str], FlaskClient]) -> None:
    there = sit("coordinator")

    assert there.get(f"/people/{child}/consent").status_code == 403
    assert there.post(f"/people/{child}/consent", data={"relation": "mother"}).status_code == 403


def test_who_said_no_is_not_asked_again_without_coming_back_to_it(browser: FlaskClient, child: str) -> None:
    read_and_ask(browser, child, ["no"])
    browser.post(f"/people/{child}/consent/guardian/no")

    asked = browser.post(f"/people/{child}/consent", data={"relation": "mother"})
    assert "家里人自己又提起来" in asked.text
    assert asked.status_code == 200
    silent = browser.post(f"/people/{child}/consent", data={"relation": "mother", "asked": "1"})
    assert silent.status_code == 422
    assert "先点“家里人自己又提起来的”" in silent.text
    assert "not_brought_up" not in silent.text
    none = browser.post(f"/people/{child}/consent", data={"relation": "mother", "reason_again_family": "because"})
    assert none.status_code == 200  # asked once more, before anybody is read to
    came_back = {"relation": "mother", "reason_again_family": "came_back"}
    assert browser.post(f"/people/{child}/consent", data=came_back).location.endswith("/read")
    assert browser.post(f"/people/{child}/consent", data={"relation": "father"}).location.endswith("/read")


def test_a_family_that_was_heard_and_is_not_to_be_contacted_again_is_asked_only_when_it_comes_back_to_it(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, interview: str
) -> None:
    desk = desks["interviewer"]
    told = ClosingTold("full", setting="home_yard", others_present=("none",))
    closings.end(desk, interview, told, Seen())
    ask = {"relation": "mother"}
    assert browser.post(f"/people/{consented}/consent", data=ask).location.endswith("/read")
    withdrawals.withdraw_each(desk, [consented], "recontact", relation="mother")

    gates = browser.get(f"/people/{consented}/gates").text
    assert "家里没有同意“以后再联系”" in gates
    asked = browser.post(f"/people/{consented}/consent", data=ask)
    assert asked.status_code == 200
    assert "没有同意以后再联系" in asked.text
    assert "以前说过不同意" not in asked.text
    assert browser.post(f"/people/{consented}/consent", data={"refuses": "mother"}).location.endswith("/no")
    came_back = {**ask, "reason_again_family": "came_back"}
    assert browser.post(f"/people/{consented}/consent", data=came_back).location.endswith("/read")


@pytest.mark.usefixtures("no_form_in_force")
@pytest.mark.parametrize(
    ("first", "never"), [({"relation": "mother"}, "念给对方听"), ({"phone": "father"}, "号码是谁给的")]
)
def test_v21_nobody_is_read_to_or_rung_without_a_form_in_force(
    browser: FlaskClient, child: str, first: dict[str, str], never: str
) -> None:
    answer = browser.post(f"/people/{child}/consent", data=first, follow_redirects=True)

    assert answer.status_code == 409
    assert "没有获批的版本" in answer.text
    assert never not in answer.text


@pytest.mark.parametrize(
    ("first", "there"), [({"relation": "mother"}, "念给对方听"), ({"phone": "father"}, "号码是谁给的")]
)
def test_with_a_form_in_force_they_are_read_to_or_rung(
    browser: FlaskClient, child: str, first: dict[str, str], there: str
) -> None:
    assert there in browser.post(f"/people/{child}/consent", data=first, follow_redirects=True).text


@pytest.mark.usefixtures("no_form_in_force")
def test_who_has_come_of_age_says_no_without_a_form_in_force(
    browser: FlaskClient, child: str, desks: dict[str, Desk]
) -> None:
    desk = desks["interviewer"]
    grown_up(desk, child)

    assert browser.post(f"/people/{child}/consent", data={"refuses": "self"}).location.endswith("/guardian/no")
    mark = mark_on(browser, f"/people/{child}/consent/guardian/no")
    browser.post(f"/people/{child}/consent/guardian/no", data={"mark": mark})
    (event,) = people.case(desk, child).events
    assert (event.actor, event.act) == ("adult_participant", "declined")


@pytest.mark.usefixtures("no_form_in_force")
def test_a_no_is_walked_to_without_a_form_in_force(browser: FlaskClient, child: str, desks: dict[str, Desk]) -> None:
    assert f"/people/{child}/consent" in browser.get(f"/people/{child}").text
    page = browser.post(f"/people/{child}/consent", data={"refuses": "mother"}, follow_redirects=True)

    assert "记下不同意" in page.text
    browser.post(f"/people/{child}/consent/guardian/no", data={"mark": mark_on(browser, page.request.path)})
    assert people.case(desks["interviewer"], child).consent == "declined"


LAWFUL = {
    "relation": "uncle_aunt",
    "basis": "court",
    "basis_evidence": "seen_paper",
    "basis_paper": "判决书 2025-117",
}


@pytest.mark.parametrize("who", ["adoptive", "uncle_aunt"])
@pytest.mark.parametrize(("how", "step"), [("phone", "call"), ("paper", "paper"), ("refuses", "no")])
def test_every_guardian_is_asked_by_phone_on_paper_and_may_say_no(
    browser: FlaskClient, child: str, who: str, how: str, step: str
) -> None:
    page = browser.get(f"/people/{child}/consent").text
    button = f'name="{how}" value="adoptive"' if who == "adoptive" else f'name="how" value="{how}"'
    assert button in page
    said = {how: who} if who == "adoptive" else {**LAWFUL, "how": how}

    assert browser.post(f"/people/{child}/consent", data=said).location.endswith(f"/guardian/{step}")


def test_a_guardian_by_law_shows_a_paper_before_a_yes_and_none_before_a_no(browser: FlaskClient, child: str) -> None:
    said = {**LAWFUL, "basis_paper": " "}

    for how in ("here", "phone", "paper", "nothing that exists"):
        assert browser.post(f"/people/{child}/consent", data={**said, "how": how}).status_code == 422
    assert browser.post(f"/people/{child}/consent", data={**said, "how": "refuses"}).location.endswith("/no")


@pytest.mark.parametrize("shown", ["told", "none", "", "没有材料"])
def test_what_shows_the_guardianship_is_a_choice_and_only_a_paper_that_was_seen_goes_on(
    browser: FlaskClient, child: str, shown: str
) -> None:
    page = browser.get(f"/people/{child}/consent").text
    assert re.findall(r'type="radio" name="basis_evidence" value="(\w+)"', page) == ["seen_paper", "told", "none"]
    refused = browser.post(f"/people/{child}/consent", data={**LAWFUL, "basis_evidence": shown, "how": "here"})

    assert refused.status_code == 422
    assert ("没有材料证明" in refused.text) == (shown in {"told", "none"})


@pytest.mark.parametrize("paper", ["", "没有", "无", "口头", "none"])
def test_a_paper_that_is_none_is_asked_for_on_the_same_page_with_all_that_was_chosen(
    browser: FlaskClient, child: str, paper: str
) -> None:
    refused = browser.post(f"/people/{child}/consent", data={**LAWFUL, "basis_paper": paper, "how": "here"})

    assert refused.status_code == 422
    assert "有错：" in refused.text
    assert '<a href="#basis_paper">看过的是什么材料：' in refused.text
    assert_all_stays(refused.text)
    assert f'name="basis_paper" value="{paper}"' in refused.text


def assert_all_stays(page: str) -> None:
    assert 'value="uncle_aunt" selected' in page
    assert 'value="court" selected' in page
    assert 'name="basis_evidence" value="seen_paper" checked' in page
    assert '<details class="fold" open>' in page


def test_where_no_paper_shows_it_buttons_lead_to_the_carer_s_agreement_and_to_a_parent(
    browser: FlaskClient, child: str
) -> None:
    path = f"/people/{child}/consent"
    refused = browser.post(path, data={**LAWFUL, "basis_evidence": "told", "how": "here"}).text

    assert 'value="court" selected' in refused
    assert '<a class="btn" href="#parents">' in refused
    assert 'id="parents"' in refused
    button = re.search(r'<button class="btn" name="relation" value="(\w+)">问照护人：', refused)
    assert button
    assert browser.post(path, data={"relation": button[1]}).location == f"{path}/carer"


@pytest.mark.parametrize("left_open", ["relation", "basis", "basis_evidence"])
def test_what_was_left_open_of_a_guardian_by_law_is_asked_for_where_it_stands(
    browser: FlaskClient, child: str, left_open: str
) -> None:
    refused = browser.post(f"/people/{child}/consent", data={**LAWFUL, left_open: "", "how": "here"})

    assert refused.status_code == 422
    assert f'<a href="#{left_open}">' in refused.text
    assert f'id="{left_open}"' in refused.text


@pytest.mark.parametrize("who", ["uncle_aunt", "pgm"])
def test_the_no_of_a_guardian_by_law_is_never_led_to_the_carer_s_page_for_want_of_a_basis(
    browser: FlaskClient, child: str, who: str
) -> None:
    path = f"/people/{child}/consent"
    said = {"relation": who, "basis": "", "how": "refuses"}
    asked = browser.post(path, data=said)

    assert asked.status_code == 422
    assert "还没有记下" in asked.text
    assert f'value="{who}" selected' in asked.text
    assert browser.post(path, data={**said, "basis": "court", "basis_paper": "没有"}).location.endswith("/guardian/no")
    browser.post(f"{path}/guardian/no", data={"mark": mark_on(browser, REFUSING.format(child))})
    assert "监护人不同意" in browser.get(f"/people/{child}").text


def test_of_a_guardian_on_record_the_no_needs_no_basis_again(
    browser: FlaskClient, child: str, desks: dict[str, Desk]
) -> None:
    shown = {"basis": "court", "basis_evidence": "seen_paper", "basis_paper": "判决书 7 号"}
    told = PersonTold("pgm", role="guardian", **shown)
    household.save_person(desks["interviewer"], child, natural_id("person", child), told, Seen(""))
    path = f"/people/{child}/consent"

    assert browser.post(path, data={"relation": "pgm", "basis": "", "how": "refuses"}).location == f"{path}/guardian/no"
    browser.post(f"{path}/guardian/no", data={"mark": mark_on(browser, REFUSING.format(child))})
    assert "监护人不同意" in browser.get(f"/people/{child}").text


def test_of_two_uncles_the_page_asks_which_one_it_is_and_keeps_what_was_chosen(
    browser: FlaskClient, child: str, desks: dict[str, Desk], uncles: tuple[str, str]
) -> None:
    path, chosen = f"/people/{child}/consent", {**LAWFUL, "how": "refuses"}
    for person in ({}, {"person": "nobody"}):
        asked = browser.post(path, data={**chosen, **person})
        assert (asked.status_code, "是哪一位？" in asked.text) == (200, True)
        assert dict(re.findall(r'type="hidden" name="(relation|basis\w*|how)" value="([^"]*)"', asked.text)) == chosen
        assert re.findall(r'<button class="btn big" name="person" value="([^"]+)">', asked.text) == [*uncles]

    assert browser.post(path, data={**chosen, "person": uncles[1]}).location.endswith("/guardian/no")
    browser.post(f"{path}/guardian/no", data={"mark": mark_on(browser, REFUSING.format(child))})
    said = people.case(desks["interviewer"], child).events[-1]
    assert (said.act, said.person) == ("declined", uncles[1])
    which = browser.post(path, data=chosen).text.split('name="person"')
    assert ["不同意" in one for one in which[1:]] == [False, True]

    back = {**LAWFUL, "how": "phone"}
    assert browser.post(path, data={**back, "person": uncles[0]}).location.endswith("/call")
    again = browser.post(path, data={**back, "person": uncles[1]}).text
    assert "以前说过不同意" in again
    assert f'type="hidden" name="person" value="{uncles[1]}"' in again


def test_a_carers_agreement_asks_which_of_two_it_is_as_well(
    browser: FlaskClient, child: str, desks: dict[str, Desk], uncles: tuple[str, str]
) -> None:
    path, chosen = f"/people/{child}/consent", {"relation": "uncle_aunt"}
    assert "是哪一位？" in browser.post(path, data=chosen).text
    assert browser.post(path, data={**chosen, "person": uncles[1]}).location == f"{path}/carer"
    browser.post(f"{path}/carer", data={"agreed": "no"})

    said = people.case(desks["interviewer"], child).events[-1]
    assert (said.actor, said.person) == ("guardian", uncles[1])


@pytest.mark.parametrize(("how", "asks"), [("here", False), ("refuses", False), ("paper", True)])
def test_of_two_of_whom_ones_role_has_ended_only_a_paper_may_be_of_either(
    browser: FlaskClient, child: str, desks: dict[str, Desk], uncles: tuple[str, str], how: str, *, asks: bool
) -> None:
    desk = desks["interviewer"]
    household.end_role(desk, child, uncles[0], desk.today, "custody")

    page = browser.post(f"/people/{child}/consent", data={**LAWFUL, "how": how})
    assert (page.status_code == 200) == ("是哪一位？" in page.text) == asks


def test_a_guardian_by_law_who_said_no_comes_back_to_it_with_the_paper_still_named(
    browser: FlaskClient, child: str
) -> None:
    browser.post(f"/people/{child}/consent", data={**LAWFUL, "how": "refuses"})
    browser.post(f"/people/{child}/consent/guardian/no", data={"mark": mark_on(browser, REFUSING.format(child))})
    asked = browser.post(f"/people/{child}/consent", data={**LAWFUL, "how": "phone"}).text
    carried = dict(re.findall(r'type="hidden" name="(relation|basis\w*|how)" value="([^"]*)"', asked))

    assert carried == {**LAWFUL, "how": "phone"}
    again = {**carried, "reason_again_family": "came_back"}
    assert browser.post(f"/people/{child}/consent", data=again).location.endswith("/call")


REFUSING = "/people/{}/consent/guardian/no"


@pytest.mark.parametrize("first", [{"refuses": "mother"}, {"phone": "mother"}, {"paper": "mother"}])
@pytest.mark.parametrize("step", ["read", "items/1", "sign"])
def test_nobody_is_asked_for_a_yes_before_the_first_step_of_their_way(
    browser: FlaskClient, child: str, first: dict[str, str], step: str
) -> None:
    there = browser.post(f"/people/{child}/consent", data=first).location
    mark = mark_on(browser, there)

    assert browser.get(f"/people/{child}/consent/guardian/{step}").location == f"/people/{child}/consent"
    posted = browser.post(f"/people/{child}/consent/guardian/{step}", data={**SIGNED, "answer": "yes", "mark": mark})
    assert posted.status_code == 409
    assert "steps_gone" in posted.text


def test_what_was_answered_to_one_version_is_no_answer_to_another(
    browser: FlaskClient, child: str, desks: dict[str, Desk], newer: Callable[..., None]
) -> None:
    """The day on the paper is put right, and on that day another version was in force."""
    newer("major")
    today = desks["interviewer"].clock.today()
    steps, paper = f"/people/{child}/consent/guardian", {"paper_ref": "P-1", "paper_place": "纸袋"}
    browser.post(f"/people/{child}/consent", data={"paper": "mother"})
    for days in (8, 0):
        day = (today - timedelta(days=days)).isoformat()
        mark = mark_on(browser, f"{steps}/paper")
        assert browser.post(f"{steps}/paper", data={**paper, "given_on": day, "mark": mark}).location == f"{steps}/read"
        if days:
            browser.post(f"{steps}/read", data={f"back{number}": "ok" for number in range(3)})
            assert browser.post(f"{steps}/items/1", data={"answer": "yes"}).location == f"{steps}/items/2"

    assert browser.get(f"{steps}/items/1").location == f"/people/{child}/consent"  # it is read anew first
    browser.post(f"{steps}/read", data={f"back{number}": "ok" for number in range(3)})
    assert browser.post(f"{steps}/items/2", data={"answer": "yes"}).location == f"{steps}/items/1"


def test_where_nobody_under_fourteen_is_recorded_the_steps_do_not_ask_for_it_and_say_so(
    browser: FlaskClient, child: str, desks: dict[str, Desk], carry: Any
) -> None:
    readiness.keep(desks["coordinator"], {"audio_under_14": "no"})
    carry(desks["coordinator"], desks["interviewer"])
    read_and_ask(browser, child, ["yes"] * (ITEMS - 1))
    told = "这里不问“录音”：本研究不给不满14周岁的孩子录音"

    assert told in browser.get(f"/people/{child}/consent/guardian/read").text
    page = browser.get(f"/people/{child}/consent/guardian/sign").text
    assert told in page
    assert page.count("✓ 同意") == ITEMS - 1
    assert "您同意录音吗" not in "".join(
        browser.get(f"/people/{child}/consent/guardian/items/{number}").text for number in range(1, ITEMS)
    )


def test_a_carers_agreement_is_told_back_as_no_consent(browser: FlaskClient, agreed_by_grandmother: str) -> None:
    assert "已存好：奶奶，配合确认。" in browser.get(f"/people/{agreed_by_grandmother}/consent").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert (
        "Saved: paternal grandmother, agreement only." in browser.get(f"/people/{agreed_by_grandmother}/consent").text
    )


def test_who_has_come_of_age_signs_in_their_own_name_and_is_asked_nothing_of_their_family(
    browser: FlaskClient, child: str, desks: dict[str, Desk], signature: str
) -> None:
    desk = desks["interviewer"]
    grown_up(desk, child)
    path = f"/people/{child}/consent"
    browser.post(path, data={"relation": "self"})
    read = browser.get(f"{path}/guardian/read").text
    assert "自己照顾自己" not in read
    browser.post(f"{path}/guardian/read", data={f"back{number}": "ok" for number in range(3)})
    number = 1
    while "/items/" in browser.post(f"{path}/guardian/items/{number}", data={"answer": "yes"}).location:
        number += 1
    page = browser.get(f"{path}/guardian/sign").text
    assert "本人的真名" in page
    for name in ("signer_name", "migration", "carer"):
        assert f'name="{name}"' not in page
    told = {name: SIGNED[name] for name in ("real_name", "pseudonym_zh", "pseudonym_en")}
    kept = browser.post(f"{path}/guardian/sign", data={**told, "signature": signature}, follow_redirects=True).text
    assert "同意已经存好：本人。" in kept
    assert "自己照顾自己" not in kept
    with desk.db.reading() as tables:
        assert [row["name"] for row in tables.query("SELECT name FROM person_names")] == [SIGNED["real_name"]]


def test_who_is_away_and_who_cares_is_chosen_by_nobody_beforehand_and_not_wiped_by_silence(
    browser: FlaskClient, child: str, desks: dict[str, Desk], signature: str
) -> None:
    for told, known in (({}, ("", "")), ({"migration": "father_away", "carer": "mother"}, ("father_away", "mother"))):
        read_and_ask(browser, child, ["yes"] * ITEMS)
        page = browser.get(f"/people/{child}/consent/guardian/sign").text
        assert page.count('<option value="" selected>请选</option>') >= 2
        form = {**{name: text for name, text in SIGNED.items() if name not in {"migration", "carer"}}, **told}
        browser.post(f"/people/{child}/consent/guardian/sign", data={**form, "signature": signature})
        case = people.case(desks["interviewer"], child)
        assert (case.migration, case.carer) == known
    read_and_ask(browser, child, ["yes"] * ITEMS)
    assert 'value="father_away" selected' in browser.get(f"/people/{child}/consent/guardian/sign").text
    silent = {**SIGNED, "migration": "", "carer": "", "signature": signature}
    browser.post(f"/people/{child}/consent/guardian/sign", data=silent)
    case = people.case(desks["interviewer"], child)
    assert (case.migration, case.carer) == ("father_away", "mother")
