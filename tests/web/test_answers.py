from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import answers
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
