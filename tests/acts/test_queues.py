from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fieldkit.acts import answers, queues, users, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.store import queues as store
from fieldkit.store.keys import Cost

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_only_an_interviewer_gets_a_key(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: queues.key(desk, interview))


def test_an_unknown_interview_and_a_withdrawn_child_have_no_key(
    refused: Refused, desks: Desks, interview: str, consented: str
) -> None:
    refused(NotFound, "interviewer", lambda desk: queues.key(desk, "no-such-interview"))
    queues.key(desks["interviewer"], interview)
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    refused(NotFound, "interviewer", lambda desk: queues.key(desk, interview))


def test_the_key_stays_the_same_and_lies_nowhere_as_it_is_handed_out(
    desks: Desks, interview: str, words: Callable[[Desk], str]
) -> None:
    key = queues.key(desks["interviewer"], interview)

    assert queues.key(desks["interviewer"], interview) == key
    assert len(bytes.fromhex(key)) == 32
    assert key not in words(desks["interviewer"])


def test_every_person_has_a_key_of_their_own(desks: Desks, interview: str, passphrase: str, cheap: Cost) -> None:
    desk = desks["interviewer"]
    other = users.change_seat(desk, users.add(desk, "王越", passphrase, cheap).code, passphrase)

    assert queues.key(other, interview) != queues.key(desk, interview)


def test_what_was_sealed_before_a_secret_was_dropped_is_never_opened_again(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    before = queues.key(desk, interview)
    with desk.db.writing() as tables:
        store.drop(tables, interview)

    assert queues.key(desk, interview) != before


def test_the_secret_of_one_interview_is_forgotten_alone(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    key = queues.key(desk, interview)
    with desk.db.writing() as tables:
        store.drop(tables, "another")

    assert queues.key(desk, interview) == key


def test_a_key_that_two_pages_ask_for_at_once_is_made_once(
    desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, secret, late = desks["interviewer"], store.secret, [True]
    first = queues.key(desk, interview)
    with monkeypatch.context() as patched:
        patched.setattr(store, "secret", lambda *asked: None if late and late.pop() else secret(*asked))
        second = queues.key(desk, interview)

    assert not late
    assert second == first


def test_format_one_derives_this_key() -> None:
    key = queues.derived(bytes(range(32)), "aB3xYz90")

    assert key == "b31e851fe0a6d231dfb28edd00e1211359d12139e3c76bac9723c94bde54be28"


def test_a_page_learns_how_far_its_typing_came_until_that_is_forgotten(desks: Desks, interview: str) -> None:
    desk, said = desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "{}", "下雨了。没人送伞。", turn=3)
    assert queues.came(desk, "editor-1") == 0
    answers.save(desk, said)
    assert queues.came(desk, "editor-1") == 3

    desk.folder.turns.clear()  # as after a restart
    assert queues.came(desk, "editor-1") == 0
    answers.off_record(desk, replace(said, text="下雨了。", turn=4), "没人送伞。")
    assert queues.came(desk, "editor-1") is None
