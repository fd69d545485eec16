from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest

from fieldkit.acts import answers, devices, people, questions, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.users import NameTaken
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.store import keys
from fieldkit.store.database import Database
from fieldkit.store.folder import READY, Folder, NotSetUp
from fieldkit.store.keys import Cost, OnlyDigits, WeakPassphrase, WrongPassphrase
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_only_an_interviewer_adds_a_colleague(refused: Refused, cheap: Cost, passphrase: str) -> None:
    add = partial(users.add, name="王越", passphrase=passphrase, cost=cheap)

    refused(NotAllowed, "coordinator translator sg_lead", add)


def test_a_colleague_needs_a_name_and_a_strong_passphrase(refused: Refused, cheap: Cost, passphrase: str) -> None:
    refused(Missing, "interviewer", partial(users.add, name=" ", passphrase=passphrase, cost=cheap))
    refused(WeakPassphrase, "interviewer", partial(users.add, name="王越", passphrase="two words", cost=cheap))


@pytest.mark.parametrize("name", ["李岚", " 李 岚", "李岚\u200b", "陈静"])
def test_a_colleague_of_a_name_that_somebody_bears_is_refused(
    refused: Refused, cheap: Cost, passphrase: str, name: str
) -> None:
    told = refused(NameTaken, "interviewer", partial(users.add, name=name, passphrase=passphrase, cost=cheap))

    assert "分清两人" in told.sentence("zh_CN")


def test_two_taps_at_once_add_one_colleague(
    desks: Desks, cheap: Cost, passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, made = desks["interviewer"], users.slot_for

    def meanwhile(*told: Any) -> Any:
        monkeypatch.setattr(users, "slot_for", made)
        users.add(desk, "王越", passphrase, cheap)
        return made(*told)

    monkeypatch.setattr(users, "slot_for", meanwhile)
    with pytest.raises(NameTaken):
        users.add(desk, "王越", passphrase, cheap)
    assert [slot.name for slot in users.slots(desk.folder)].count("王越") == 1


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do two things at once, each of which has read the slots before either writes them, unless it is kept from it."""

    def run(*acts: Callable[[], object]) -> None:
        both, write = Barrier(2), Folder.write_slots

        def side_by_side(*told: Any) -> None:
            with suppress(BrokenBarrierError):  # whoever is let in alone goes on alone
                both.wait(1)
            write(*told)

        monkeypatch.setattr(Folder, "write_slots", side_by_side)
        threads = [Thread(target=act) for act in acts]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)

    return run


def test_two_colleagues_who_are_added_at_the_same_moment_can_both_sign_in(
    desks: Desks, cheap: Cost, passphrase: str, together: Callable[..., None]
) -> None:
    desk = desks["interviewer"]
    together(*(partial(users.add, desk, name, passphrase, cheap) for name in ("王越", "赵越")))
    assert sorted(slot.name for slot in users.slots(desk.folder)) == sorted(["李岚", "王越", "赵越"])


def test_who_gets_a_new_passphrase_while_a_colleague_is_added_takes_no_slot_away(
    desks: Desks, cheap: Cost, passphrase: str, together: Callable[..., None]
) -> None:
    desk = desks["interviewer"]
    fresh = users.sealed_anew(desk.folder.slots[0], "another four plain words", desk.db.key, desk.keys, cheap)
    together(partial(users.add, desk, "王越", passphrase, cheap), partial(users.replace_slot, desk.folder, fresh))
    assert desk.folder.slots[0] == fresh
    assert [slot.name for slot in users.slots(desk.folder)] == ["李岚", "王越"]


def test_a_colleague_whom_the_store_could_not_keep_has_no_slot(
    desks: Desks, cheap: Cost, passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desks["interviewer"]

    def full(*_: object) -> None:
        raise DiskFull

    with monkeypatch.context() as patched:
        patched.setattr(Database, "_commit", full)
        with pytest.raises(DiskFull):
            users.add(desk, "王越", passphrase, cheap)
    assert [slot.name for slot in users.slots(desk.folder)] == ["李岚"]


def test_two_of_one_name_that_are_here_already_are_told_apart_by_their_code(desks: Desks) -> None:
    folder = desks["interviewer"].folder
    alone = users.slots(folder)
    assert [slot.mark for slot in alone] == [""]
    folder.write_slots(READY, [*folder.slots, {**folder.slots[0], "code": "abcdefgh"}])

    assert [slot.mark for slot in users.slots(folder)] == [alone[0].code, "abcdefgh"]


def test_a_wrong_passphrase_or_an_unknown_code_opens_nothing(refused: Refused, desks: Desks, passphrase: str) -> None:
    folder, code = desks["interviewer"].folder, desks["interviewer"].me.code
    refused(WrongPassphrase, "interviewer", lambda _: users.unlock(folder, code, "not the right words", Clock()))
    refused(NotFound, "interviewer", lambda _: users.unlock(folder, "stranger", passphrase, Clock()))
    refused(WrongPassphrase, "interviewer", lambda desk: users.change_seat(desk, code, "not the right words"))
    refused(NotFound, "interviewer", lambda desk: users.change_seat(desk, "stranger", passphrase))


def test_an_empty_or_waiting_folder_cannot_be_unlocked(
    tmp_path: object, desks: Desks, cheap: Cost, passphrase: str
) -> None:
    folder = Folder.open(desks["interviewer"].folder.path.parent / "new")
    with pytest.raises(NotSetUp):
        users.unlock(folder, "anybody", passphrase, Clock())
    devices.request(folder, "王越", passphrase, "interviewer", cheap)
    with pytest.raises(NotSetUp):
        users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    folder.close()


def test_before_anything_is_unlocked_only_names_and_roles_are_told(desks: Desks) -> None:
    (slot,) = users.slots(desks["interviewer"].folder)

    assert (slot.name, slot.role, slot.code) == ("李岚", "interviewer", desks["interviewer"].me.code)


def test_a_second_interviewer_takes_the_seat_and_signs_with_their_own_code(
    desks: Desks, interview: str, cheap: Cost, changes: Callable[[Desk, str], list[Change]]
) -> None:
    who = users.add(desks["interviewer"], "王越", "another four plain words", cheap)
    second = users.change_seat(desks["interviewer"], who.code, "another four plain words")
    answers.save(second, SaveAnswer(interview, "W1", "editor-1", "", "下雨"))

    assert (second.me, second.device) == (who, desks["interviewer"].device)
    assert changes(second, "answer")[0].author == who.code != desks["interviewer"].me.code
    assert [slot.name for slot in users.slots(second.folder)] == ["李岚", "王越"]


def test_the_two_read_the_same_children(desks: Desks, interview: str, consented: str, cheap: Cost) -> None:
    who = users.add(desks["interviewer"], "王越", "another four plain words", cheap)
    second = users.change_seat(desks["interviewer"], who.code, "another four plain words")

    assert [one.id for one in people.listing(second)] == [one.id for one in people.listing(desks["interviewer"])]
    assert questions.page(second, interview).case.id == consented


def test_each_opens_the_folder_with_their_own_words(desks: Desks, cheap: Cost, passphrase: str) -> None:
    desk = desks["interviewer"]
    who = users.add(desk, "王越", "another four plain words", cheap)
    for code, mine, others in (
        (desk.me.code, passphrase, "another four plain words"),
        (who.code, "another four plain words", passphrase),
    ):
        with pytest.raises(WrongPassphrase):
            users.unlock(desk.folder, code, others, Clock())
        again = users.unlock(desk.folder, code, mine, Clock())
        assert again.me.code == code
        again.db.close()


def test_a_colleague_is_known_to_the_coordinator_after_the_stick(
    desks: Desks, cheap: Cost, carry: Callable[[Desk, Desk], Report]
) -> None:
    users.add(desks["interviewer"], "王越", "another four plain words", cheap)
    carry(desks["interviewer"], desks["coordinator"])

    (line,) = (line for line in devices.listing(desks["coordinator"]) if line.name == "L1")
    assert set(line.people) == {"李岚", "王越"}


def test_a_slot_that_cannot_be_written_adds_nobody_who_could_sign_in(
    desks: Desks, cheap: Cost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "write_slots", full)
        with pytest.raises(OSError, match="No space"):
            users.add(desks["interviewer"], "王越", "another four plain words", cheap)
    assert [slot.name for slot in users.slots(desks["interviewer"].folder)] == ["李岚"]


def test_codes_are_never_the_same(desks: Desks, cheap: Cost) -> None:
    added = ("王越", "赵越", "周越")
    codes = {users.add(desks["interviewer"], name, "another four plain words", cheap).code for name in added}

    assert len(codes | {desks["interviewer"].me.code}) == 4


@pytest.mark.parametrize("blank", ["", "  ", "\u3000", "\u200b", "\ufeff\u00ad"])
def test_a_colleague_whose_name_cannot_be_seen_is_refused(refused: Refused, passphrase: str, blank: str) -> None:
    refused(Missing, "interviewer", lambda desk: users.add(desk, blank, passphrase))


def test_a_passphrase_of_digits_is_refused_and_one_from_before_still_opens(
    refused: Refused, desks: Desks, cheap: Cost
) -> None:
    refused(OnlyDigits, "interviewer", lambda desk: users.add(desk, "王越", "123456789012"))
    desk, old = desks["interviewer"], "123456"
    facts = {"code": desk.me.code, "name": desk.me.name, "role": desk.me.role}
    users.replace_slot(desk.folder, keys.make_slot(facts, old, desk.db.key, desk.keys, cheap))
    users.unlock(desk.folder, desk.me.code, old, Clock()).db.close()
