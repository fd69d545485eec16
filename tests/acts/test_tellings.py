from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fieldkit.acts import consents, forms, household, people, readiness, slips, tasks, tellings
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import ParentTold, Seen
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.rules.consent import INFORMED_ONLY
from fieldkit.rules.versions import NewerVersion
from fieldkit.store import people as rows
from fieldkit.store.clocks import trust
from fieldkit.studies import Pair

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], object]
Later = Callable[[Desk, int], Desk]
NEW_NUMBER, NEW_WORDS = "0394-8888888", "现在在村委会的院子里聊。"


@pytest.fixture
def changed(desks: Desks, consented: str, carry: Carry) -> str:
    """A child whose mother agreed before a sentence and the number to ring changed a little; L1 knows of it."""
    _rewrite(desks["coordinator"], NEW_WORDS)
    carry(desks["coordinator"], desks["interviewer"])
    return consented


def _rewrite(desk: Desk, words: str) -> None:
    """Give every form new words in its first sentence but one, as a minor change, and stamp it."""
    for sheet in [one for one in forms.listing(desk) if one.newest]:
        texts = forms.texts(desk, sheet.version.doc_kind)
        line = texts.lines[1]
        said = {line.id: Pair(line.text.zh + words, line.text.en + " Now in the village committee's yard.")}
        forms.rewrite(desk, sheet.version.doc_kind, said, "minor", texts.text_hash)
    lines = [line for group in readiness.overview(desk) for line in group.lines]
    readiness.keep(desk, {"pi_contact": NEW_NUMBER}, {line.fact.code: line.opened.base for line in lines})
    newest = {one.version.text_hash: one.opened.base for one in forms.listing(desk) if one.newest}
    readiness.stamp(desk, newest, desk.today, "YS-2", desk.today)


def _yes(desk: Desk, child: str) -> str:
    return tellings.waiting(desk, people.case(desk, child))[0].id


def test_only_an_interviewer_tells_and_only_what_is_new(refused: Refused, changed: str, desks: Desks) -> None:
    yes = _yes(desks["interviewer"], changed)
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: tellings.of_event(desk, changed, yes))
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: tellings.keep(desk, changed, yes, ""))
    refused(NotFound, "interviewer", lambda desk: tellings.of_event(desk, changed, "nothing"))
    refused(NotFound, "interviewer", lambda desk: tellings.keep(desk, changed, "nothing", ""))


def test_a_text_that_was_not_on_the_screen_was_told_to_nobody(refused: Refused, changed: str, desks: Desks) -> None:
    yes = _yes(desks["interviewer"], changed)
    refused(NewerVersion, "interviewer", lambda desk: tellings.keep(desk, changed, yes, "another text"))


def test_before_anything_changed_there_is_nothing_to_tell(refused: Refused, consented: str, desks: Desks) -> None:
    case = people.case(desks["interviewer"], consented)
    assert tellings.waiting(desks["interviewer"], case) == []
    refused(NotFound, "interviewer", lambda desk: tellings.of_event(desk, consented, case.events[0].id))


def test_what_is_told_is_what_differs_from_what_they_heard(changed: str, desks: Desks) -> None:
    telling = tellings.of_event(desks["interviewer"], changed, _yes(desks["interviewer"], changed))

    assert telling.phone == NEW_NUMBER
    said = [(one.before.zh, one.now.zh) for one in telling.changed]
    assert any(now == before + NEW_WORDS for before, now in said)
    assert any("0000-0000000" in before and NEW_NUMBER in now for before, now in said)
    assert all(before != now for before, now in said)


def test_once_told_it_waits_for_nobody_and_what_they_agreed_to_stays(changed: str, desks: Desks) -> None:
    desk = desks["interviewer"]
    before, yes = people.case(desk, changed), _yes(desk, changed)
    telling = tellings.of_event(desk, changed, yes)
    tellings.keep(desk, changed, yes, telling.text_hash)

    after = people.case(desk, changed)
    assert tellings.waiting(desk, after) == []
    assert [one.code for one in tasks.waiting(desk, [after]).first if one.code == tasks.TELL] == []
    assert (after.consent, after.step.code) == (before.consent, before.step.code) == ("given", "ask_child")
    told = after.events[-1]
    assert (told.act, told.follows, told.form_text_hash) == (INFORMED_ONLY, (yes,), telling.text_hash)
    with pytest.raises(NotFound):
        tellings.keep(desk, changed, yes, telling.text_hash)


def test_the_next_little_change_is_told_again(changed: str, desks: Desks, carry: Carry) -> None:
    desk = desks["interviewer"]
    yes = _yes(desk, changed)
    tellings.keep(desk, changed, yes, tellings.of_event(desk, changed, yes).text_hash)
    _rewrite(desks["coordinator"], "再改一句。")
    carry(desks["coordinator"], desk)

    assert _yes(desk, changed) == yes


def test_a_call_that_broke_off_has_told_nothing(changed: str, desks: Desks, says: Callable[..., object]) -> None:
    desk = desks["interviewer"]
    said = says(desk, changed)
    assert isinstance(said, consents.GuardianAnswer)
    way = replace(said.evidence, method="phone_witness", signature=b"")
    consents.inform(desk, changed, replace(said, way=way, follows=[_yes(desk, changed)]))

    assert people.case(desk, changed).events[-1].act == INFORMED_ONLY
    assert len(tellings.waiting(desk, people.case(desk, changed))) == 1


def test_a_family_that_agreed_before_reads_the_number_of_today_on_its_slip(changed: str, desks: Desks) -> None:
    assert slips.family_slip(desks["interviewer"], changed).phone == NEW_NUMBER


def test_who_has_said_no_since_is_told_nothing(changed: str, desks: Desks, says: Callable[..., object]) -> None:
    desk = desks["interviewer"]
    said = says(desk, changed, items={"participate": "no"})
    assert isinstance(said, consents.GuardianAnswer)
    consents.record(desk, changed, said)

    assert tellings.waiting(desk, people.case(desk, changed)) == []


def _ended(desk: Desk, child: str) -> None:
    with desk.db.reading() as tables:
        (mother,) = [one["id"] for one in rows.rows(tables, "persons", child) if one["relation"] == "mother"]
    household.end_role(desk, child, mother, desk.today, "death")


def _dead(desk: Desk, child: str) -> None:
    household.save_parent(desk, child, "mother", ParentTold(alive="no"), Seen())


@pytest.mark.parametrize("happens", [_ended, _dead])
@pytest.mark.parametrize("days", [0, -3])
def test_who_is_no_guardian_any_more_is_told_nothing_also_by_a_clock_that_went_back(
    refused: Refused, changed: str, desks: Desks, later: Later, happens: Callable[[Desk, str], None], days: int
) -> None:
    yes = _yes(desks["interviewer"], changed)
    with desks["interviewer"].db.writing() as tables:
        trust(tables, desks["interviewer"].clock.today())
    happens(desks["interviewer"], changed)

    desk = later(desks["interviewer"], days)
    case = people.case(desk, changed)
    assert tellings.waiting(desk, case) == []
    assert [one for one in tasks.waiting(desk, [case]).first if one.code == tasks.TELL] == []
    refused(NotFound, "interviewer", lambda desk: tellings.of_event(desk, changed, yes))
