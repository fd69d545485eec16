from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import answers, backups, moments, people, questions, stops, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.errors import DiskFull
from fieldkit.store import log, replica, standing
from fieldkit.store import stops as kept
from fieldkit.web.sessions import HeldSessions

Desks = dict[str, Desk]
Postponed = list[tuple[float, Callable[[], None]]]


def form(desks: Desks, consented: str, interview: str) -> dict[str, str]:
    """What the page that counts down sends."""
    waiting = stops.waiting(desks["interviewer"], interview)
    return {"subject": consented, "stop": waiting.mark if waiting else ""}


def test_a_choice_that_does_not_exist_changes_nothing(browser: FlaskClient, desks: Desks, interview: str) -> None:
    answer = browser.post(f"/interviews/{interview}/stop", data={"choice": "all"})

    assert answer.status_code == 422
    assert "这次访谈怎么办" in answer.text
    assert stops.waiting(desks["interviewer"], interview) is None


def test_an_interview_that_is_not_there_cannot_be_stopped(browser: FlaskClient) -> None:
    assert browser.get("/interviews/nowhere/stop").status_code == 404
    assert browser.post("/interviews/nowhere/stop", data={"choice": "stop_keep"}).status_code == 404


def test_both_choices_weigh_the_same_and_none_is_made_before(browser: FlaskClient, interview: str) -> None:
    page = browser.get(f"/interviews/{interview}/stop").text

    assert page.count('class="btn big" name="choice"') == 2
    assert "primary" not in page
    assert "小礼物" in page


@pytest.mark.parametrize("choice", ["stop_keep", "stop_discard"])
def test_for_ten_seconds_the_child_can_go_on(
    browser: FlaskClient, desks: Desks, interview: str, choice: str, postponed: Postponed
) -> None:
    path = f"/interviews/{interview}/stop"
    page = browser.post(path, data={"choice": choice}, follow_redirects=True).text
    assert "10 秒" in page
    assert [round(seconds) for seconds, _ in postponed] == [10]

    back = browser.post(
        f"{path}/undo", data=form(desks, questions.page(desks["interviewer"], interview).case.id, interview)
    )

    assert back.location == f"/interviews/{interview}"
    postponed[0][1]()
    assert "接着聊" in browser.get(path).text
    assert people.case(desks["interviewer"], questions.page(desks["interviewer"], interview).case.id).interviews


def test_discarded_in_three_taps_and_the_page_says_what_to_say(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    answers.save(me, SaveAnswer(interview, line.id, line.editor, line.base, "奶奶不让我说"))
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_discard"})

    shown = browser.get(path).text
    sent = form(desks, consented, interview)
    assert sent["stop"] in shown
    page = browser.post(f"{path}/finish", data=sent, follow_redirects=True).text

    assert "今天就到这儿" in page
    assert "小礼物" in page
    assert browser.get(f"/interviews/{interview}").status_code == 404
    assert "奶奶不让我说" not in browser.get(f"/people/{consented}").text


def discarded(browser: FlaskClient, desks: Desks, consented: str, interview: str) -> str:
    """Discard an interview with one note; return the page that says so."""
    line = questions.page(desks["interviewer"], interview).questions[0]
    answers.save(desks["interviewer"], SaveAnswer(interview, line.id, line.editor, line.base, "奶奶不让我说"))
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})
    sent = form(desks, consented, interview)
    return browser.post(f"/interviews/{interview}/stop/finish", data=sent, follow_redirects=True).text


def test_what_another_laptop_wrote_of_a_discarded_interview_is_not_said_to_be_gone(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    me = desks["interviewer"]
    answers.save(me, SaveAnswer(interview, "W1", "editor-1", "", "我写的。"))
    with me.db.writing() as tables:
        (mine,) = [one for one in log.of_session(tables, interview, me.device.id) if one.kind == "answer"]
        theirs = replace(mine, id="theirs", device="L9", editor="theirs", set={**mine.set, "text": "另一台写的"})
        log.insert(tables, theirs, theirs.encoded(), "a stick", None)
        log.settle(tables, [theirs])
    page = discarded(browser, desks, consented, interview)

    assert "这次访谈已经从这台电脑上删掉了" not in page
    assert "另一台电脑写的还在，请告诉协调员" in page


def test_a_copy_that_still_holds_a_discarded_interview_is_named_until_the_laptop_is_locked(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    me = desks["interviewer"]
    backups.write(me, me.folder.backups / backups.new_name(me))
    page = discarded(browser, desks, consented, interview)

    assert "这次访谈已经从这台电脑上删掉了" in page
    assert "锁上电脑时会换成新的" in page


def test_of_a_discarded_interview_without_a_copy_none_is_named(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    page = discarded(browser, desks, consented, interview)

    assert "这次访谈已经从这台电脑上删掉了" in page
    assert "锁上电脑" not in page


def test_a_page_that_was_closed_changes_nothing(
    browser: FlaskClient, desks: Desks, consented: str, interview: str, postponed: Postponed
) -> None:
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})
    later = replace(desks["interviewer"].clock, ahead=timedelta(seconds=11))
    site = browser.application.extensions["fieldkit"]
    site.machines["interviewer"].desk = replace(desks["interviewer"], clock=later)

    postponed[0][1]()

    assert browser.get(f"/interviews/{interview}").status_code == 404
    assert people.case(desks["interviewer"], consented).step.code == "not_today"


def test_finishing_twice_is_finishing_once(browser: FlaskClient, desks: Desks, consented: str, interview: str) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_keep"})
    sent = form(desks, consented, interview)
    first = browser.post(f"{path}/finish", data=sent)
    second = browser.post(f"{path}/finish", data=sent)

    assert first.location == second.location == f"/people/{consented}/stopped?interview={interview}"
    page = browser.get(first.location).text
    assert "说过的都留着" in page
    assert f"/interviews/{interview}/close" in page


def test_too_late_to_undo_is_said(browser: FlaskClient, desks: Desks, consented: str, interview: str) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_keep"})
    sent = form(desks, consented, interview)
    browser.post(f"{path}/finish", data=sent)

    page = browser.post(f"{path}/undo", data=sent, follow_redirects=True).text

    assert "十秒已经过了" in page


def test_locking_the_laptop_finishes_a_stop(browser: FlaskClient, desks: Desks, consented: str, interview: str) -> None:
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})

    browser.post("/lock")

    assert people.case(desks["interviewer"], consented).interviews == []


def test_who_locks_beside_somebody_else_leaves_the_countdown_of_that_stop_alone(
    browser: FlaskClient, desks: Desks, interview: str
) -> None:
    colleague = browser.application.test_client()
    assert colleague.get("/today").status_code == 200
    held = list(cast("HeldSessions", colleague.application.session_interface).held.values())[-1]
    held["desk"] = replace(held["desk"], me=replace(held["desk"].me, code="wang"))  # somebody else sits there
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})

    assert colleague.post("/lock").status_code == 302

    assert stops.waiting(desks["interviewer"], interview) is not None
    browser.post("/lock")  # now nobody is left who could undo it
    assert stops.waiting(desks["interviewer"], interview) is None


def test_a_countdown_of_another_tab_leads_back_to_the_interview_that_goes_on(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_keep"})
    stale = form(desks, consented, interview)
    browser.post(f"{path}/undo", data=stale)

    answer = browser.post(f"{path}/finish", data=stale)

    assert browser.get(answer.location).location == f"/interviews/{interview}"


def test_a_stop_that_cannot_be_carried_out_keeps_nobody_from_locking(
    browser: FlaskClient, desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})

    def full(*_: object, **__: object) -> int:
        raise DiskFull

    monkeypatch.setattr(stops, "finish_due", full)

    assert browser.get("/today").status_code == 200
    assert browser.post("/lock").status_code == 302
    monkeypatch.undo()
    assert stops.waiting(desks["interviewer"], interview) is not None


def test_the_pages_go_on_without_a_name_where_a_guardian_withdrew_meanwhile(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    me, path = desks["interviewer"], f"/interviews/{interview}/stop"
    withdrawals.withdraw_each(me, [consented], relation="mother")

    assert "小满" not in browser.get(path).text
    assert browser.post(path, data={"choice": "stop_discard"}).status_code == 302
    assert "再选一次" in browser.get(path).text
    assert browser.post(f"{path}/undo", data=form(desks, consented, interview)).location == path
    browser.post(path, data={"choice": "stop_discard"})
    done = browser.post(f"{path}/finish", data=form(desks, consented, interview), follow_redirects=True)

    assert (done.status_code, "小满" in done.text, "今天就到这儿" in done.text) == (200, False, True)
    with me.db.reading() as tables:
        assert standing.events(tables, consented)[-1].scope == "stop_discard"


def test_where_the_laptop_did_not_look_in_time_a_late_tap_finds_the_stop_done(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_keep"})
    sent = form(desks, consented, interview)
    later(browser, desks)

    undone = browser.post(f"{path}/undo", data=sent, follow_redirects=True)

    assert (undone.status_code, "十秒已经过了" in undone.text) == (200, True)
    assert stops.waiting(desks["interviewer"], interview) is None


def test_where_the_laptop_did_not_look_in_time_another_choice_finds_the_first_one_done(
    browser: FlaskClient, desks: Desks, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_discard"})
    later(browser, desks)

    assert browser.post(path, data={"choice": "stop_keep"}).status_code == 404
    assert stops.waiting(desks["interviewer"], interview) is None


def later(browser: FlaskClient, desks: Desks) -> None:
    """Eleven seconds pass, and no timer rings."""
    at, site = desks["interviewer"], browser.application.extensions["fieldkit"]
    desks["interviewer"] = replace(at, clock=replace(at.clock, ahead=timedelta(seconds=11)))
    site.machines["interviewer"].desk = desks["interviewer"]
    browser.post("/demo/switch", data={"machine": "interviewer"})


@pytest.fixture
def overdue(
    browser: FlaskClient, desks: Desks, consented: str, interview: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A discard on a full disk whose ten seconds are over; what the page that counted down sends."""

    def full(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(replica, "erase", full)
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})
    sent = form(desks, consented, interview)
    later(browser, desks)
    return sent


NOT_DONE = "孩子选好的还没有办成"


def test_a_discard_that_waits_for_room_is_said_wherever_its_words_could_be_seen_or_leave(
    browser: FlaskClient, interview: str, overdue: dict[str, str], tmp_path: Path
) -> None:
    for page in ("/today", f"/interviews/{interview}"):
        answer = browser.get(page)
        assert (answer.status_code, NOT_DONE in answer.text) == (200, True)
        assert f'href="/interviews/{interview}/stop"' in answer.text
    for act in ("/handover", "/backup"):
        refused = browser.post(f"{act}/write", data={"path": str(tmp_path / "stick")})
        assert (refused.status_code, NOT_DONE in refused.text) == (507, True)
        assert browser.post(f"{act}/download").status_code == 507
    assert not (tmp_path / "stick").exists()


def test_what_waits_for_room_can_be_done_again_and_not_be_undone_or_softened(
    browser: FlaskClient, desks: Desks, interview: str, overdue: dict[str, str]
) -> None:
    path = f"/interviews/{interview}/stop"
    asked = [browser.get(path), browser.post(f"{path}/finish", data=overdue)]
    asked += [browser.post(f"{path}/undo", data=overdue), browser.post(path, data={"choice": "stop_keep"})]

    assert [answer.status_code for answer in asked] == [200, 507, 507, 507]
    for answer in asked:
        assert NOT_DONE in answer.text
        assert "现在就办" in answer.text
        assert "countdown.js" not in answer.text  # it would try again without end
        assert "stop_keep" not in answer.text
    waiting = stops.waiting(desks["interviewer"], interview)
    assert waiting is not None
    assert (waiting.choice, waiting.left) == ("stop_discard", 0)


def test_once_there_is_room_it_is_done_and_nothing_says_so_any_more(
    browser: FlaskClient, interview: str, overdue: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()

    assert NOT_DONE not in browser.get("/today").text
    assert browser.get(f"/interviews/{interview}").status_code == 404


def test_a_countdown_of_another_tab_undoes_nothing_that_was_chosen_after_it(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_keep"})
    stale = form(desks, consented, interview)
    browser.post(path, data={"choice": "stop_discard"})

    assert browser.post(f"{path}/undo", data=stale).location == path

    waiting = stops.waiting(desks["interviewer"], interview)
    assert waiting is not None
    assert waiting.choice == "stop_discard"


@pytest.fixture
def no_room(browser: FlaskClient) -> Iterator[Callable[[], None]]:
    """The disk is full before the stop is tapped; what is called makes room."""

    def full(*_: object) -> None:
        raise DiskFull

    with pytest.MonkeyPatch.context() as patched:
        for name in ("keep", "drop"):
            patched.setattr(kept, name, full)
        yield patched.undo


NOT_KEPT = "孩子选好的还没有办，也没能记下来"


def test_a_choice_that_a_full_disk_cannot_take_stays_marked_and_says_what_to_do(
    browser: FlaskClient, interview: str, no_room: Callable[[], None], postponed: list[object]
) -> None:
    path = f"/interviews/{interview}/stop"
    refused = browser.post(path, data={"choice": "stop_discard"})

    assert refused.status_code == 507
    for page in (refused.text, browser.get(path).text):
        assert NOT_KEPT in page
        assert "刚写的字" not in page
        assert re.findall(r'value="(stop_\w+)" aria-pressed="true"', page) == ["stop_discard"]
        assert "countdown.js" not in page
    assert len(postponed) == 1


def test_a_choice_that_a_full_disk_cannot_take_is_said_wherever_its_words_could_be_seen_or_leave(
    browser: FlaskClient, interview: str, no_room: Callable[[], None], tmp_path: Path
) -> None:
    browser.post(f"/interviews/{interview}/stop", data={"choice": "stop_discard"})

    for page in ("/today", f"/interviews/{interview}", "/handover", "/backup"):
        answer = browser.get(page)
        assert (answer.status_code, NOT_DONE in answer.text) == (200, True), page
        assert f'href="/interviews/{interview}/stop"' in answer.text, page
    for act in ("/handover", "/backup"):
        assert browser.post(f"{act}/write", data={"path": str(tmp_path / "stick")}).status_code == 507
        assert browser.post(f"{act}/download").status_code == 507
    assert not (tmp_path / "stick").exists()


def test_a_choice_that_found_no_room_is_done_by_itself_or_by_the_same_tap_once_there_is_some(
    browser: FlaskClient, desks: Desks, consented: str, interview: str, no_room: Callable[[], None]
) -> None:
    path = f"/interviews/{interview}/stop"
    page = browser.post(path, data={"choice": "stop_discard"}).text
    sent = {"choice": "stop_discard", "subject": hidden_of(page, "subject")}
    later(browser, desks)
    no_room()

    assert browser.post(path, data=sent).location == f"/people/{consented}/stopped?interview={interview}"
    assert browser.get(f"/interviews/{interview}").status_code == 404
    for page in ("/today", "/handover", "/backup"):
        assert NOT_DONE not in browser.get(page).text


def test_the_child_takes_back_what_found_no_room(
    browser: FlaskClient, desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    path = f"/interviews/{interview}/stop"
    page = browser.post(path, data={"choice": "stop_discard"}).text
    sent = {name: hidden_of(page, name) for name in ("subject", "stop")}

    assert browser.post(f"{path}/undo", data=sent).location == f"/interviews/{interview}"
    assert NOT_DONE not in browser.get("/today").text


def hidden_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found
    return found[1]


def test_where_no_stop_waits_handover_and_backup_say_nothing_of_one(browser: FlaskClient, interview: str) -> None:
    for page in ("/handover", "/backup"):
        assert NOT_DONE not in browser.get(page).text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_child_who_let_it_stay_and_thinks_again_finds_the_way_from_the_interview_and_from_their_page(
    browser: FlaskClient, desks: Desks, consented: str, interview: str, lang: str
) -> None:
    browser.set_cookie("lang", lang, domain="127.0.0.1")
    link = re.compile(rf'href="/interviews/{interview}/stop"[^>]*>([^<]+)</a>')
    assert not link.findall(browser.get(f"/people/{consented}").text)
    me = desks["interviewer"]
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)

    words = "孩子现在说：" if lang == "zh" else "The child now wants nothing of "
    for page in (f"/interviews/{interview}", f"/people/{consented}"):
        assert [said.startswith(words) for said in link.findall(browser.get(page).text)].count(True) == 1, page
    assert 'value="stop_discard"' in browser.get(f"/interviews/{interview}/stop").text


def test_a_word_that_nobody_understood_in_a_stopped_talk_says_that_nobody_has_to_ask(
    browser: FlaskClient, desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    answers.save(me, SaveAnswer(interview, "W1", "editor-one", "{}", "俺老外〔待核〕来送伞"))
    path, said = f"/interviews/{interview}?section=W&q=W1", "不用再追问"
    assert said not in browser.get(path).text

    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)

    assert browser.get(path).text.count(said) == 1
    assert browser.get("/today").text.count("有没听懂的词") == 0


def test_today_asks_how_a_child_is_who_was_very_upset_and_wants_nothing_kept(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    me = desks["interviewer"]
    moments.note(me, interview, "distress_2")
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)
    stops.finish(me, interview, stops.begin(me, interview, "stop_discard").mark)

    page = browser.get("/today")
    assert page.status_code == 200
    assert page.text.count("问问孩子现在怎么样") == 1
    assert f'href="/people/{consented}/visits"' in page.text


def test_the_stop_page_of_a_talk_that_has_ended_does_not_say_that_it_goes_on(
    browser: FlaskClient, desks: Desks, interview: str
) -> None:
    me, path = desks["interviewer"], f"/interviews/{interview}/stop"
    assert "孩子还想聊" in browser.get(path).text
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)

    page = browser.get(path).text
    assert "孩子还想聊" not in page
    assert "回到访谈" in page


SCRIPT = {"X-Fieldkit": "script"}


QUIET = {"asks": False, "erased": 0}


def test_a_page_that_is_open_hears_which_stop_counts_down_and_what_was_decided(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    before = browser.get(f"{path}/now", headers=SCRIPT).json
    browser.post(path, data={"choice": "stop_keep"})
    mark = form(desks, consented, interview)["stop"]

    assert before == {**QUIET, "decided": "", "counts": ""}
    assert browser.get(f"{path}/now", headers=SCRIPT).json == {**QUIET, "decided": "", "counts": mark}
    assert browser.post(f"{path}/undo", data={"stop": mark}, headers=SCRIPT).status_code == 204
    assert browser.get(f"{path}/now", headers=SCRIPT).json == {**QUIET, "decided": f"goes_on {mark}", "counts": ""}


def test_a_script_is_told_what_was_decided_since_and_that_it_comes_too_late(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_keep"})
    mark = form(desks, consented, interview)
    browser.post(f"{path}/finish", data=mark)

    since = browser.post(path, data={"choice": "stop_discard", "knew": ""}, headers=SCRIPT)
    assert (since.status_code, since.get_json()["code"]) == (409, "decided_since")
    late = browser.post(f"{path}/undo", data=mark, headers=SCRIPT)
    assert (late.status_code, late.get_json()["code"]) == (409, "too_late")


def test_a_softer_choice_of_another_page_is_answered_with_what_stands(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    path = f"/interviews/{interview}/stop"
    browser.post(path, data={"choice": "stop_discard", "mark": "a" * 32})
    softer = browser.post(path, data={"choice": "stop_keep", "mark": "b" * 32})

    assert softer.location == f"{path}?stricter=1"
    page = browser.get(softer.location).text
    assert "别的页面上选的是：这次的都不要" in page
    assert f'data-mark="{"a" * 32}"' in page
    assert "别的页面上选的是" not in browser.get(path).text

    chosen_anew = browser.post(path, data={"choice": "stop_keep", "mark": "c" * 32, "instead": ["a" * 32]})
    assert chosen_anew.location == path
    page = browser.get(f"{path}?stricter=1").text
    assert "别的页面上选的是" not in page
    assert f'data-mark="{"c" * 32}"' in page


def test_a_script_is_told_that_what_it_brings_was_taken_back(browser: FlaskClient, interview: str) -> None:
    path, mark = f"/interviews/{interview}/stop", "d" * 32
    browser.post(f"{path}/undo", data={"stop": mark}, headers=SCRIPT)

    late = browser.post(path, data={"choice": "stop_discard", "mark": mark}, headers=SCRIPT)
    assert (late.status_code, late.get_json()["code"]) == (409, "taken_back")
