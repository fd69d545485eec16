from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import cast

import pytest

from fieldkit.acts import answers, assents, consents, duplicates, interviews, people, readiness, situations, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.cases import Step
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing
from fieldkit.acts.people import NewChild, NoSerialLeft
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.ages import InTheFuture, NoBirthDate, NoToldAge, OutOfRange
from fieldkit.rules.calendars import UnknownCalendar
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.names import TooLong
from fieldkit.rules.slips import Slip
from fieldkit.rules.studies import StudyClosed

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
YEAR = Clock().today().year
RIVER = NewChild("小河", "0394-0000000", "A03", "m", f"{YEAR - 12}-01")
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")


def test_only_an_interviewer_registers_a_child(refused: Refused) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: people.register(desk, RIVER))


def test_a_closed_study_registers_nobody(refused: Refused, closed: Callable[[], None]) -> None:
    closed()

    told = refused(StudyClosed, "interviewer", lambda desk: people.register(desk, RIVER))
    assert "起已经关闭" in told.sentence("zh_CN")


def test_a_study_that_two_people_closed_on_two_days_is_closed_from_the_earlier_one(
    refused: Refused, desks: Desks, carry: Callable[[Desk, Desk], object]
) -> None:
    desk = desks["coordinator"]
    yesterday, today = ((desk.clock.today() - timedelta(days=days)).isoformat() for days in (1, 0))
    for day in (today, yesterday):
        readiness.keep(desk, {"closed_on": day})
    carry(desk, desks["interviewer"])

    refused(StudyClosed, "interviewer", lambda at: people.register(at, RIVER))
    assert situations.closed_since(desks["interviewer"]) == yesterday


WRONG: list[tuple[dict[str, str], type[Refusal], str]] = [
    ({"called": " "}, Missing, "missing"),
    ({"called": "\u200b\u202e"}, Missing, "missing"),
    ({"called": "长" * 41}, TooLong, "too_long"),
    ({"phone": "0" * 41}, TooLong, "too_long"),
    ({"phone": "abc"}, Invalid, "invalid"),
    ({"phone": "没有"}, Invalid, "invalid"),
    ({"given_by": "长" * 41}, TooLong, "too_long"),
    ({"site": "甲03"}, Invalid, "invalid"),
    ({"site": "A3"}, Invalid, "invalid"),
    ({"site": "A０３"}, Invalid, "invalid"),
    ({"site": "A03\n"}, Invalid, "invalid"),
    ({"sex": ""}, Invalid, "invalid"),
    ({"birth_date": "twelve"}, NoBirthDate, "V01"),
    ({"birth_date": "2014-13"}, NoBirthDate, "V01"),
    ({"birth_date": f"{YEAR - 8}-01"}, OutOfRange, "V02"),
    ({"birth_date": f"{YEAR - 17}-12"}, OutOfRange, "V02"),
    ({"birth_date": f"{YEAR + 1}-01"}, InTheFuture, "V05"),
    ({"calendar": "火星"}, UnknownCalendar, "unknown_calendar"),
    ({"told_age": "-5"}, NoToldAge, "no_told_age"),
    ({"told_age": "200"}, NoToldAge, "no_told_age"),
    ({"told_age": "abc"}, NoToldAge, "no_told_age"),
]


def test_what_is_no_child_of_the_study_is_refused(refused: Refused) -> None:
    for wrong, refusal, code in WRONG:
        child = replace(RIVER, **wrong)  # type: ignore[arg-type]
        told = refused(refusal, "interviewer", partial(people.register, child=child))
        assert told.code == code, wrong


def test_a_laptop_whose_codes_are_used_up_says_so(refused: Refused, desks: Desks) -> None:
    short = replace(desks["interviewer"], device=replace(desks["interviewer"].device, serials=(1, 1)))
    people.register(short, RIVER)

    told = refused(
        NoSerialLeft, "interviewer", lambda _: people.register(short, replace(RIVER, called="阿禾", phone=""))
    )
    assert told.code == "no_serial"
    assert people.register(short, replace(RIVER, site="A04"))


def test_a_second_child_of_one_name_or_phone_at_one_site_wants_a_look_first(refused: Refused, desks: Desks) -> None:
    desk = desks["interviewer"]
    first = people.register(desk, replace(RIVER, phone="0394-1234567"))
    alike = [replace(RIVER, called=f"{RIVER.called} ", phone=""), replace(RIVER, called="阿禾", phone="03941234567")]
    for second in alike:
        told = refused(ReasonNeeded, "interviewer", partial(people.register, child=second))
        assert isinstance(told, ReasonNeeded)
        ((found,),) = [cast("list[Slip]", one.details["here"]) for one in told.findings]
        assert found.child == first
    assert people.register(desk, replace(alike[0], site="A04"))
    assert people.register(desk, replace(alike[0], reasons={"alike": "another"}))


def test_a_child_who_is_hidden_is_named_to_nobody_who_registers(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    slip = people.case(desk, consented)
    withdrawals.withdraw_each(desk, [consented], "all", "guardian")
    assert people.register(desk, replace(RIVER, called=slip.called or "", phone=slip.phone or "", site=slip.site))


def test_before_the_yes_only_the_slip_knows_who_it_is(desks: Desks, changes: Changes) -> None:
    subject = people.register(desks["interviewer"], RIVER)

    (facts,), (slip,) = changes(desks["interviewer"], "participant"), changes(desks["interviewer"], "slip")
    assert len(facts.set["slip_code"]) == 8
    assert {name: value for name, value in facts.set.items() if name != "slip_code"} == {
        "case_code": "ZK-A03-001",
        "site": "A03",
        "sex": "m",
        "age_group": "a12_13",
        "registered_on": desks["interviewer"].today,
    }
    assert (facts.record, facts.subject, facts.drawer) == (subject, subject, "research/A")
    assert (slip.set, slip.drawer) == ({"called": "小河", "phone": "0394-0000000", "given_by": ""}, "vault/A")


def test_a_site_typed_in_small_letters_is_the_same_site(desks: Desks) -> None:
    subject = people.register(desks["interviewer"], replace(RIVER, site="a03"))

    assert people.case(desks["interviewer"], subject).case_code == "ZK-A03-001"


def test_the_birth_date_is_not_kept(desks: Desks, words: Callable[[Desk], str]) -> None:
    people.register(desks["interviewer"], replace(RIVER, birth_date=f"{YEAR - 12}-01-27"))

    assert f"{YEAR - 12}-01-27" not in words(desks["interviewer"])
    assert f"{YEAR - 12}" not in words(desks["interviewer"])


def test_codes_are_counted_by_site_and_a_withdrawn_child_keeps_its_own(desks: Desks) -> None:
    desk = desks["interviewer"]
    first = people.register(desk, RIVER)
    withdrawals.withdraw_each(desk, [first])
    codes = [people.case(desk, people.register(desk, replace(RIVER, site=site))).case_code for site in ("A03", "B01")]

    assert codes == ["ZK-A03-002", "ZK-B01-001"]


def test_a_power_cut_leaves_no_half_child(desks: Desks, broken: Callable[[int, Callable[[], object]], None]) -> None:
    broken(2, lambda: people.register(desks["interviewer"], RIVER))


def test_an_unknown_child_is_told(refused: Refused) -> None:
    refused(NotFound, "interviewer coordinator translator sg_lead", lambda desk: people.case(desk, "nobody"))


def test_the_step_walks_from_the_parents_to_the_child_to_the_interview(
    desks: Desks, child: str, says: Callable[..., GuardianAnswer], later: Callable[[Desk, int], Desk]
) -> None:
    desk, steps = desks["interviewer"], []
    for act in (
        lambda: None,
        lambda: consents.record(desk, child, says(desk, child)),
        lambda: assents.record(desk, child, YES),
        lambda: interviews.start(desk, child, KEPT),
    ):
        act()
        one = people.case(desk, child)
        steps.append((one.step.code, one.status))

    assert steps == [
        ("ask_guardian", "consent_pending"),
        ("ask_child", "assent_pending"),
        ("start", "ready"),
        ("continue", "in_progress"),
    ]
    assert people.case(later(desk, 1), child).step.code == "none"


def test_a_no_leaves_no_step(desks: Desks, consented: str, later: Callable[[Desk, int], Desk]) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("no"))

    assert people.case(desks["interviewer"], consented).step.code == "not_today"
    assert people.case(later(desks["interviewer"], 1), consented).step.code == "child_said_no"


def test_the_card_of_the_day_is_the_interview_that_is_open(
    desks: Desks, interview: str, consented: str, other_child: str
) -> None:
    now = people.today(desks["interviewer"])

    assert now.now is not None
    assert (now.now.id, now.now.step.interview) == (consented, interview)
    assert {one.id for one in now.cases} == {consented, other_child}


def test_a_laptop_without_children_has_no_card(desks: Desks) -> None:
    assert people.today(desks["interviewer"]) == people.Today(None, [])


def test_only_those_who_know_children_look_for_them(refused: Refused) -> None:
    refused(NotAllowed, "translator sg_lead", lambda desk: people.find(desk, "小满"))


@pytest.mark.parametrize(
    "wanted", ["小满", "a03-001", "ZK-A03", "雨", "下雨", "放学", " 下雨 ", "umbrella", "UMBRELLA"]
)
def test_a_child_is_found_by_name_code_or_words(desks: Desks, interview: str, consented: str, wanted: str) -> None:
    text = "下雨放学的时候，别人都有伞。An umbrella."
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", text))

    assert [one.id for one in people.find(desks["interviewer"], wanted)] == [consented]


@pytest.mark.parametrize("wanted", ["", " ", "雪", "ZK-B", "学放", '"', "NEAR(下 雨)"])
def test_what_nobody_said_finds_nobody(desks: Desks, interview: str, wanted: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))

    assert people.find(desks["interviewer"], wanted) == []


def test_a_child_is_found_by_its_pseudonym_and_called_by_it(desks: Desks, consented: str) -> None:
    one = people.case(desks["interviewer"], consented)
    assert one.pseudonym is not None

    assert one.name == one.pseudonym.zh
    for wanted in (one.pseudonym.zh, one.pseudonym.en.lower()):
        assert [found.id for found in people.find(desks["interviewer"], wanted)] == [consented]


def test_the_coordinator_sees_codes_and_the_translator_nobody(
    refused: Refused,
    desks: Desks,
    joins: Callable[[str, str, str], Desk],
    consented: str,
    carry: Callable[[Desk, Desk], object],
) -> None:
    second = joins("孙宁", "coordinator", "A")
    for desk in (second, desks["translator"]):
        carry(desks["interviewer"], desk)

    (one,) = people.listing(second)
    assert (one.id, one.called, one.phone) == (consented, None, None)
    assert (people.listing(desks["translator"]), people.nonparticipation(desks["translator"])) == ([], {})


@pytest.mark.parametrize(
    ("called", "kept"), [("小\u200b河", "小河"), ("𬀩", "𬀩"), ("买买提·艾力", "买买提·艾力"), ("𠀋\u202e", "𠀋")]
)
def test_a_name_is_kept_without_what_nobody_sees(desks: Desks, called: str, kept: str) -> None:
    subject = people.register(desks["interviewer"], replace(RIVER, called=called))

    assert people.case(desks["interviewer"], subject).called == kept


def test_a_guardian_who_thinks_again_in_the_middle_of_a_talk_is_the_next_step_until_they_say_yes(
    desks: Desks, interview: str, consented: str, other_child: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    note = SaveAnswer(interview, "W1", "editor-number-1", "", "想一想以后的一句")
    yes = [event.id for event in people.case(desk, consented).events if event.actor == "guardian"]
    thinks = consents.defer(desk, consented, says(desk, consented, follows=yes))
    with pytest.raises(ConsentMissing):
        answers.save(desk, note)
    assert people.case(desk, consented).step == Step("ask_guardian", interview)
    now = people.today(desk).now
    assert (now and now.id) == consented
    assents.record(desk, consented, ChildAnswer("think"))
    assert people.case(desk, consented).step == Step("ask_guardian", interview)

    consents.record(desk, consented, says(desk, consented, follows=[*yes, thinks]))
    assert people.case(desk, consented).step == Step("ask_child", interview)
    follows = [event.id for event in people.case(desk, consented).events if event.actor == "child"]
    assents.record(desk, consented, replace(YES, follows=follows))
    assert people.case(desk, consented).step == Step("continue", interview)
    answers.save(desk, note)


def test_another_guardian_who_thinks_about_it_first_halts_no_talk(
    desks: Desks, interview: str, consented: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    consents.defer(desk, consented, says(desk, consented, relation="father"))

    assert people.case(desk, consented).step == Step("continue", interview)
    answers.save(desk, SaveAnswer(interview, "W1", "editor-number-1", "", "还能往下记的一句"))


def test_a_talk_that_a_guardian_halts_waits_under_both_records_of_a_child(
    desks: Desks, interview: str, consented: str, other_child: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    duplicates.link(desk, other_child, consented, "asked_family")
    assert {people.case(desk, one).step.code for one in (consented, other_child)} == {"continue"}
    yes = [event.id for event in people.case(desk, consented).events if event.actor == "guardian"]
    consents.defer(desk, consented, says(desk, consented, follows=yes))

    assert {people.case(desk, one).step for one in (consented, other_child)} == {Step("ask_guardian", interview)}
