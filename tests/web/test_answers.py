from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldkit.acts import answers, backups, questions, queues, stops
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.records import natural_id
from fieldkit.store import log

SCRIPT = {"X-Fieldkit": "script"}


class Editor(NamedTuple):
    action: str
    key: str
    fields: dict[str, str]


def opened(browser: FlaskClient, interview: str, question: str = "W1") -> Editor:
    page = browser.get(f"/interviews/{interview}?section={question[0]}").text
    form = page.split(f'id="{question}"')[1].split("</form>")[0]

    def found(pattern: str) -> str:
        hit = re.search(pattern, form)
        assert hit
        return hit[1].replace("&#34;", '"')

    fields = {name: found(rf'name="{name}" value="([^"]*)"') for name in ("editor", "base")}
    return Editor(found(r'action="([^"]+)"'), found(r'data-ack="([^"]+)"'), fields)


def test_a_note_is_refused_once_the_consents_are_gone(browser: FlaskClient, interview: str, consented: str) -> None:
    editor = opened(browser, interview)
    browser.post("/withdraw", data={"code": consented, "scope": "stop_keep", "asker": "child"})
    answer = browser.post(editor.action, data={**editor.fields, "text": "下雨"}, headers=SCRIPT)

    assert answer.status_code == 409
    assert answer.json is not None
    assert "没存上" in answer.json["sentence"]


def test_what_was_received_is_acknowledged_with_a_keyed_hash(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    text = "下雨放学的时候。\n别人家都有人送伞。"
    sent = text.replace("\n", "\r\n")
    answer = browser.post(editor.action, data={**editor.fields, "text": sent}, headers=SCRIPT).json

    assert answer is not None
    assert answer["ack"] == hmac.new(bytes.fromhex(editor.key), text.encode(), sha256).hexdigest()
    assert answer["base"] == editor.fields["base"]
    assert re.fullmatch(r"\d\d:\d\d", answer["at"])
    assert text in browser.get(f"/interviews/{interview}?section=W").text


def test_the_key_of_one_editor_does_not_fit_another(browser: FlaskClient, interview: str) -> None:
    assert opened(browser, interview).key != opened(browser, interview).key


def test_too_long_a_note_is_refused_with_a_sentence(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    answer = browser.post(editor.action, data={**editor.fields, "text": "字" * 50_001}, headers=SCRIPT)

    assert answer.status_code == 413
    assert answer.json is not None
    assert "50,000" in answer.json["sentence"]


def test_without_a_script_a_refused_note_stays_typed(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    answer = browser.post(editor.action, data={**editor.fields, "text": "下" * 50_001, "do": "next"})

    assert answer.status_code == 413
    assert "下" * 50_001 in answer.text


def test_a_note_with_an_old_token_is_shown_again_to_be_copied(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    fields = {**editor.fields, "csrf_token": "old", "text": "我自己写的话"}
    answer = browser.post(editor.action, data=fields)

    assert answer.status_code == 400
    assert "我自己写的话" in answer.text


def test_the_button_saves_and_leads_to_the_next_question(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    answer = browser.post(editor.action, data={**editor.fields, "text": "喜欢画画", "do": "next"})

    assert answer.location.endswith("#W2")
    assert "喜欢画画" in browser.get(f"/interviews/{interview}?section=W").text


def test_next_on_an_untouched_question_writes_nothing(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": "", "do": "next"})

    assert "已记" not in browser.get(f"/interviews/{interview}?section=W").text


def test_a_skipped_question_says_so(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": "", "do": "skip"})

    assert "跳过了" in browser.get(f"/interviews/{interview}?section=W").text


@pytest.mark.parametrize(
    ("text", "done", "chip"), [("爸爸喝酒了。", "off_record", "没有记</span>"), ("", "skip", "跳过了</span>")]
)
def test_next_on_a_question_on_which_nothing_stays_leaves_it_as_the_child_left_it(
    browser: FlaskClient, interview: str, text: str, done: str, chip: str
) -> None:
    for form in ({"text": text, "do": done}, {"text": "", "do": "next"}):
        editor = opened(browser, interview)
        browser.post(editor.action, data={**editor.fields, **form})

    page = browser.get(f"/interviews/{interview}?section=W").text
    assert chip in page
    assert "已记" not in page


def test_a_tap_on_the_kind_of_a_note_that_was_taken_back_whole_makes_no_answer_of_it(
    browser: FlaskClient, interview: str
) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": "爸爸喝酒了。"}, headers=SCRIPT)
    fresh = off_record(browser, editor, "", "爸爸喝酒了。").json
    assert fresh is not None
    fields = {"editor": fresh["editor"], "base": fresh["base"], "text": "", "text_kind": "summary"}
    browser.post(editor.action, data=fields, headers=SCRIPT)

    assert "已记" not in browser.get(f"/interviews/{interview}?section=W").text


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "<script>alert(1)</script>", "{{ 7*7 }}", "</textarea>x"])
def test_no_text_breaks_a_page(browser: FlaskClient, interview: str, text: str) -> None:
    editor = opened(browser, interview)
    raw = text.encode("utf-8", "surrogatepass")
    answer = browser.post(editor.action, data={**editor.fields, "text": raw}, headers=SCRIPT)
    page = browser.get(f"/interviews/{interview}?section=W")

    assert answer.status_code == 200
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "</textarea>x" not in page.text
    assert ">49<" not in page.text


SAID, TAKEN_BACK = "我喜欢画画。\n爸爸昨天喝酒了\n他还打了妈妈。\n今天下雨。", "爸爸昨天喝酒了\n他还打了妈妈。\n"


def off_record(browser: FlaskClient, editor: Editor, text: str, words: str) -> TestResponse:
    """Take words back as the script of a page does: a form brings each line break as two characters."""
    fields = {name: value.replace("\n", "\r\n") for name, value in (("text", text), ("words", words))}
    return browser.post(f"{editor.action}/off-record", data={**editor.fields, **fields}, headers=SCRIPT)


def test_marked_words_that_span_lines_go_out_of_another_version_too(browser: FlaskClient, interview: str) -> None:
    first, second = opened(browser, interview), opened(browser, interview)
    browser.post(second.action, data={**second.fields, "text": f"另一页。{SAID}"}, headers=SCRIPT)
    browser.post(first.action, data={**first.fields, "text": SAID}, headers=SCRIPT)
    answer = off_record(browser, first, SAID.replace(TAKEN_BACK, ""), TAKEN_BACK)

    assert answer.json is not None
    assert "已经从电脑上删掉了" in answer.json["gone"]
    page = browser.get(f"/interviews/{interview}?section=W").text
    assert "另一页。" in page
    assert "他还打了妈妈" not in page


def test_the_page_says_where_another_version_may_hold_a_part_of_the_words(browser: FlaskClient, interview: str) -> None:
    first, second = opened(browser, interview), opened(browser, interview)
    browser.post(second.action, data={**second.fields, "text": "爸爸昨天喝酒了，他打"}, headers=SCRIPT)
    browser.post(first.action, data={**first.fields, "text": "爸爸昨天喝酒了，他打了妈妈。"}, headers=SCRIPT)
    answer = off_record(browser, first, "", "爸爸昨天喝酒了，他打了妈妈。")

    assert answer.json is not None
    assert "另一种写法里可能还有一部分" in answer.json["gone"]


def test_marked_words_that_span_lines_go_after_the_interview_was_stopped_and_kept(
    browser: FlaskClient, desks: dict[str, Desk], interview: str
) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": SAID}, headers=SCRIPT)
    me = desks["interviewer"]
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)

    assert off_record(browser, editor, SAID.replace(TAKEN_BACK, ""), TAKEN_BACK).status_code == 200
    (line, *_) = questions.page(me, interview, "W").questions
    assert line.text_now == SAID.replace(TAKEN_BACK, "")


def test_a_copy_that_still_holds_a_version_or_a_note_that_was_deleted_is_named(
    browser: FlaskClient, desks: dict[str, Desk], interview: str
) -> None:
    me = desks["interviewer"]
    for editor, text in ((opened(browser, interview), "我写的。"), (opened(browser, interview, "W2"), "另一题。")):
        browser.post(editor.action, data={**editor.fields, "text": text}, headers=SCRIPT)
    answers.save(me, SaveAnswer(interview, "W1", "editor-1", "", "另一种。"))
    backups.write(me, me.folder.backups / backups.new_name(me))
    shown = browser.get(f"/interviews/{interview}?section=W").text
    version = shown.split('name="version" value="')[1].split('"')[0]
    path = f"/interviews/{interview}/answers"
    for address in (f"{path}/W1/erase-version", f"{path}/W2/erase"):
        page = browser.post(address, data={"version": version}, follow_redirects=True).text
        assert "锁上电脑时会换成新的" in page, address


def test_where_another_laptop_wrote_a_version_of_a_note_it_is_not_said_to_be_deleted(
    browser: FlaskClient, desks: dict[str, Desk], interview: str
) -> None:
    me = desks["interviewer"]
    answers.save(me, SaveAnswer(interview, "W1", "editor-1", "", "我写的。"))
    with me.db.writing() as tables:
        (mine,) = log.of_record(tables, natural_id("answer", interview, "W1"))
        theirs = replace(mine, id="theirs", device="L9", editor="theirs", set={**mine.set, "text": "另一台写的"})
        log.insert(tables, theirs, theirs.encoded(), "a stick", None)
        log.settle(tables, [theirs])
    page = browser.post(f"/interviews/{interview}/answers/W1/erase", follow_redirects=True).text

    assert "这一条已经从这台电脑上彻底删掉了" not in page
    assert "另一台电脑写的还在，请告诉协调员" in page


def test_words_go_though_what_stays_is_too_long_and_the_page_is_told_that_it_is_not_saved(
    browser: FlaskClient, interview: str
) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": "爸爸打我。"}, headers=SCRIPT)
    answer = off_record(browser, editor, "误" * 50_001, "爸爸打我。")

    assert answer.json is not None
    assert ("已经从电脑上删掉了" in answer.json["gone"], answer.json["long"]) == (True, True)
    assert "爸爸打我" not in browser.get(f"/interviews/{interview}?section=W").text


def test_without_a_script_the_last_words_go_though_what_stays_is_too_long(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": "爸爸打我。"}, headers=SCRIPT)
    typed = "误" * 50_001 + "。爸爸打我。"
    answer = browser.post(editor.action, data={**editor.fields, "text": typed, "do": "off_record"})

    assert answer.status_code == 413
    assert "误" * 50_001 in answer.text
    assert "爸爸打我" not in answer.text
    assert "爸爸打我" not in browser.get(f"/interviews/{interview}?section=W").text


def test_a_note_that_begins_with_a_line_break_keeps_it(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    browser.post(editor.action, data={**editor.fields, "text": "\n下雨"}, headers=SCRIPT)

    assert '">\n\n下雨</textarea>' in browser.get(f"/interviews/{interview}?section=W").text


def test_two_tabs_on_one_note_show_both_texts(browser: FlaskClient, interview: str) -> None:
    first, second = opened(browser, interview), opened(browser, interview)
    browser.post(first.action, data={**first.fields, "text": "一个人"}, headers=SCRIPT)
    browser.post(second.action, data={**second.fields, "text": "两个人"}, headers=SCRIPT)
    page = browser.get(f"/interviews/{interview}?section=W").text

    assert "一个人" in page
    assert "两个人" in page
    assert "有两种写法" in page


def test_a_coordinator_reads_and_does_not_write(sit: Callable[[str], FlaskClient], interview: str) -> None:
    action = opened(sit("interviewer"), interview).action
    fields = {"editor": "12345678", "base": "{}", "text": "x"}

    assert sit("coordinator").post(action, data=fields, headers=SCRIPT).status_code in {403, 404}


def test_an_open_page_learns_who_is_signed_in(browser: FlaskClient) -> None:
    answer = browser.get("/session?editor=e1", headers=SCRIPT).json

    assert answer is not None
    assert set(answer) == {"user", "csrf", "ack_key", "queue", "came"}
    assert (answer["queue"], answer["came"]) == ("", 0)


def test_a_page_that_names_no_editor_is_told_of_no_typing_and_nothing_is_read_for_it(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(queues, "came", lambda _desk, editor: asked.append(editor))
    answer = browser.get("/session?editor=&interview=", headers=SCRIPT).json

    assert answer is not None
    assert (asked, answer["came"]) == ([], None)


def queue_key(browser: FlaskClient, interview: str) -> str:
    answer = browser.get(f"/session?editor=e1&interview={interview}", headers=SCRIPT).json
    assert answer is not None
    return str(answer["queue"])


def test_no_key_for_a_queue_where_the_interview_is_out_of_reach(
    sit: Callable[[str], FlaskClient], interview: str, consented: str
) -> None:
    browser = sit("interviewer")
    assert queue_key(browser, "no-such-interview") == ""
    browser.post("/withdraw", data={"code": consented, "scope": "all", "asker": "child"})

    assert queue_key(browser, interview) == ""
    assert queue_key(sit("coordinator"), interview) == ""


def test_the_page_a_save_and_an_unlocked_session_carry_the_same_key(browser: FlaskClient, interview: str) -> None:
    editor, page = opened(browser, interview), browser.get(f"/interviews/{interview}?section=W").text
    answer = browser.post(editor.action, data={**editor.fields, "text": "下雨"}, headers=SCRIPT).json
    key = queue_key(browser, interview)

    assert answer is not None
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert f'data-queue="{key}"' in page
    assert answer["queue"] == key


def test_a_refused_note_is_shown_again_with_the_key(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    answer = browser.post(editor.action, data={**editor.fields, "text": "下" * 50_001, "do": "next"})

    assert f'data-queue="{queue_key(browser, interview)}"' in answer.text


def test_who_only_reads_gets_no_key(sit: Callable[[str], FlaskClient], interview: str) -> None:
    assert "data-queue" not in sit("coordinator").get(f"/interviews/{interview}?section=W").text


@pytest.mark.parametrize("text", ["a\0b", "\U0001f327下雨", "\n\n下雨\n"])
def test_odd_characters_are_acknowledged_as_they_were_sent(browser: FlaskClient, interview: str, text: str) -> None:
    editor = opened(browser, interview)
    answer = browser.post(editor.action, data={**editor.fields, "text": text}, headers=SCRIPT).json

    assert answer is not None
    assert answer["ack"] == hmac.new(bytes.fromhex(editor.key), text.encode(), sha256).hexdigest()


def test_a_pasted_megabyte_is_refused_with_a_sentence(browser: FlaskClient, interview: str) -> None:
    editor = opened(browser, interview)
    answer = browser.post(editor.action, data={**editor.fields, "text": "a" * 1_000_000}, headers=SCRIPT)

    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["code"] in {"text_too_long", "too_much"}


def test_what_was_typed_over_erased_words_is_shown_folded(
    browser: FlaskClient, desks: dict[str, Desk], interview: str
) -> None:
    me = desks["interviewer"]
    words = SaveAnswer(interview, "W1", "editor-1", "", "下雨天")
    gone = answers.save(me, words).change
    with me.db.reading() as tables:
        (first,) = log.of_record(tables, natural_id("answer", interview, "W1"))
    answers.off_record(me, words, "下雨天")
    assert "先放在一边" not in browser.get(f"/interviews/{interview}?section=W").text
    facts = {**first.set, "text": "后来又说了很多"}
    over, subject = dict.fromkeys(facts, (gone,)), first.subject
    draft = log.Draft("answer", facts, first.record, subject, interview, over=over, grounds=first.grounds)
    with me.db.writing() as tables:  # as it is when an older backup was restored, and the order to erase came later
        log.append(tables, me.pen, draft)

    page = browser.get(f"/interviews/{interview}?section=W").text
    assert "有内容放在一边" in page
    assert "后来又说了很多" in page.split("先放在一边</summary>")[1].split("</details>")[0]
    assert "后来又说了很多" not in page.split("先放在一边</summary>")[0]
