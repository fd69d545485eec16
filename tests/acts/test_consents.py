from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from fieldkit.acts import (
    answers,
    assents,
    carers,
    checks,
    consents,
    exports,
    forms,
    household,
    interviews,
    people,
    readiness,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, GuardianFirst
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.consents import FormMoved, GuardianAnswer, ItemsNotAsked, PhoneNotAllowed
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.forms import NotUnderstood
from fieldkit.acts.guardians import NoGuardianNow, NotAGuardian, OfAgeNow, WhichGuardian
from fieldkit.acts.interviews import ConsentMissing, GatesClosed
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import ParentTold, PersonTold, Seen
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change, Value, natural_id
from fieldkit.rules import consent, gates, states
from fieldkit.rules.ages import NoBirthDate, OutOfRange
from fieldkit.rules.calendars import DayToAskAgain, DayToCome, NoDay
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.names import NoName
from fieldkit.rules.pseudonyms import PseudonymDoubled, PseudonymTaken, PseudonymTells
from fieldkit.rules.studies import StudyClosed
from fieldkit.rules.versions import FormNotInForce
from fieldkit.rules.ways import CannotRead, Evidence, NoSignature
from fieldkit.store import log
from fieldkit.store import people as rows
from fieldkit.store.keys import b64
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Born = Callable[[Desk, str, str], None]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
Says = Callable[..., GuardianAnswer]
NO = GuardianAnswer("mother", {"participate": "no"}, [])
CAME_BACK = {"again_family": "came_back"}


def test_only_an_interviewer_records_a_guardian(refused: Refused, child: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: consents.record(desk, child, NO))


WRONG: list[tuple[dict[str, Any], type[Refusal], str]] = [
    ({"relation": "pgm"}, NotAGuardian, "V20"),
    ({"relation": "step_parent"}, NotAGuardian, "V20"),
    ({"relation": ""}, NotAGuardian, "V20"),
    ({"items": {}}, ItemsNotAsked, "V22"),
    ({"items": {"participate": "yes", "notes": "yes", "store": "yes"}}, ItemsNotAsked, "V22"),
    ({"understanding": ["ok", "again", "ok"]}, NotUnderstood, "V28"),
    ({"understanding": ["ok", "ok"]}, NotUnderstood, "V28"),
    ({"real_name": " "}, Missing, "missing"),
    ({"signer_name": ""}, Missing, "missing"),
    ({"pseudonym_zh": ""}, Missing, "missing"),
    ({"signature_png": b""}, NoSignature, "V23"),
    ({"signature_png": b"\xff\xd8 a photo"}, NoSignature, "V23"),
    ({"signature_png": b"\x89PNG\r\n\x1a\n" + b"x" * 300 * 1024}, Invalid, "invalid"),
    ({"birth_date": "2013年冬月"}, NoBirthDate, "V01"),
    ({"pseudonym_zh": "圆圆"}, PseudonymDoubled, "D6"),
    ({"pseudonym_zh": "刘川"}, PseudonymTells, "V11"),
    ({"pseudonym_zh": "满月"}, PseudonymTells, "V11"),
]


def test_what_is_no_whole_consent_is_refused(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    for wrong, refusal, code in WRONG:
        said = says(desks["interviewer"], child, **wrong)
        assert refused(refusal, "interviewer", partial(consents.record, subject=child, said=said)).code == code


def test_a_pseudonym_that_sounds_like_another_is_refused(
    refused: Refused, desks: Desks, consented: str, other_child: str, says: Says
) -> None:
    taken = people.case(desks["interviewer"], consented).pseudonym
    assert taken is not None
    said = says(desks["interviewer"], other_child, pseudonym_zh="晨雾", pseudonym_en=taken.en.upper())

    assert refused(PseudonymTaken, "interviewer", lambda desk: consents.record(desk, other_child, said)).code == "V10"


def test_a_child_who_is_unknown_or_withdrew_takes_no_consent(
    refused: Refused, desks: Desks, consented: str, says: Says
) -> None:
    again = says(desks["interviewer"], consented)
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    for subject in (consented, "nobody"):
        refused(NotFound, "interviewer", partial(consents.record, subject=subject, said=again))


NAME, SIGNER, BORN, PICTURE = "隐藏的名字QxVbZ7Lm2p", "签字的人WnRtY4Ks8d", "2013-07-19", b"Hj5xTq9cVw2Lr7Ns"
PLANTED = (NAME, SIGNER, BORN, "晨雾溪石云山KdGfw3", "ChenWuXiShiYun")


def planted(desk: Desk, subject: str, says: Says, **changes: Any) -> GuardianAnswer:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" + PICTURE
    name = {"pseudonym_zh": PLANTED[3], "pseudonym_en": PLANTED[4]}
    whole = {"real_name": NAME, "signer_name": SIGNER, "birth_date": BORN, "signature_png": png, **name}
    return says(desk, subject, **{**whole, **changes})


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"relation": "pgm"}, NotAGuardian),
        ({"items": {"participate": "yes"}}, ItemsNotAsked),
        ({"understanding": []}, NotUnderstood),
        ({"pseudonym_zh": "名山"}, PseudonymTells),
    ],
)
def test_no_name_reaches_the_disk_with_a_refusal(
    desks: Desks,
    child: str,
    says: Says,
    words: Callable[[Desk], str],
    wrong: dict[str, Any],
    refusal: type[Refusal],
) -> None:
    with pytest.raises(refusal):
        consents.record(desks["interviewer"], child, planted(desks["interviewer"], child, says, **wrong))

    assert [word for word in (*PLANTED, b64(PICTURE)[:-2]) if word in words(desks["interviewer"])] == []


def test_no_name_reaches_the_disk_with_a_guardians_no(
    desks: Desks, child: str, says: Says, words: Callable[[Desk], str]
) -> None:
    said = planted(desks["interviewer"], child, says, items={"participate": "no"})
    consents.record(desks["interviewer"], child, said)

    assert [word for word in (*PLANTED, b64(PICTURE)[:-2]) if word in words(desks["interviewer"])] == []


def test_with_the_yes_all_of_it_is_kept(desks: Desks, child: str, says: Says, words: Callable[[Desk], str]) -> None:
    consents.record(desks["interviewer"], child, planted(desks["interviewer"], child, says))

    assert [word for word in (*PLANTED, b64(PICTURE)[:-2]) if word not in words(desks["interviewer"])] == []


def test_names_lie_in_the_vault_and_nowhere_else(desks: Desks, child: str, says: Says, changes: Changes) -> None:
    consents.record(desks["interviewer"], child, planted(desks["interviewer"], child, says))

    outside = [change for change in changes(desks["interviewer"], "") if not change.drawer.startswith("vault/")]
    assert [word for word in (NAME, SIGNER, BORN, b64(PICTURE)[:-2]) if word in str(outside)] == []


def test_a_yes_says_what_others_need_to_judge_it(desks: Desks, consented: str, changes: Changes) -> None:
    (event,) = changes(desks["interviewer"], "consent_event")
    (mother,) = changes(desks["interviewer"], "person")

    assert (event.drawer, event.record, event.subject) == ("consent/A", event.id, consented)
    said = event.set
    assert (said["actor"], said["act"], said["person"], said["relation"]) == (
        "guardian",
        "given",
        mother.record,
        "mother",
    )
    assert (said["form"], said["age_group"], said["guardian_basis"]) == (
        "guardian_info_consent",
        "a12_13",
        "parent",
    ) or (said["age_group"] == "a12_13")
    assert set(said["items"].values()) == {"yes"}
    assert said["form_text_hash"]
    assert said["evidence_hash"]


def test_the_pseudonym_goes_over_what_stood_there(desks: Desks, consented: str, says: Says, changes: Changes) -> None:
    registered, named = changes(desks["interviewer"], "participant")
    consents.record(desks["interviewer"], consented, says(desks["interviewer"], consented, relation="father"))

    again = changes(desks["interviewer"], "participant")[-1]
    assert (registered.over, named.over, again.record) == ({}, {}, consented)
    assert again.over["pseudonym_zh"] == (named.id,)
    assert not people.case(desks["interviewer"], consented).conflict


def test_an_item_answered_no_is_no_permission(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    whole = says(desks["interviewer"], child)
    consents.record(
        desks["interviewer"], child, says(desks["interviewer"], child, items={**whole.items, "store": "no"})
    )

    yes = ChildAnswer("yes", (1, 2, 3), "child_oral")
    refused(GuardianFirst, "interviewer", lambda desk: assents.record(desk, child, yes))
    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, child, KEPT))


def test_a_guardians_no_is_counted_without_a_reason(desks: Desks, child: str, changes: Changes) -> None:
    consents.record(desks["interviewer"], child, NO)

    event, (trace,) = (
        changes(desks["interviewer"], "consent_event")[-1],
        changes(desks["interviewer"], "nonparticipation"),
    )
    assert (event.set["act"], trace.set["reason"]) == ("declined", "guardian_no")
    assert trace.set.keys() == {"reason", "site", "sex", "age_group", "day"}
    assert people.case(desks["interviewer"], child).step.code == "guardian_said_no"


def test_only_the_same_guardian_lifts_a_no(
    refused: Refused, desks: Desks, child: str, says: Says, changes: Changes
) -> None:
    said_no = consents.record(desks["interviewer"], child, NO)
    consents.record(desks["interviewer"], child, says(desks["interviewer"], child, relation="father"))
    assert "lifts" not in changes(desks["interviewer"], "consent_event")[-1].set
    yes = ChildAnswer("yes", (1, 2, 3), "child_oral")
    refused(GuardianFirst, "interviewer", lambda desk: assents.record(desk, child, yes))

    again = says(desks["interviewer"], child, follows=[said_no])
    told = refused(ReasonNeeded, "interviewer", lambda desk: consents.record(desk, child, again))
    assert isinstance(told, ReasonNeeded)
    assert [one.code for one in told.findings] == ["again_family"]  # also on the day of the no
    consents.record(desks["interviewer"], child, replace(again, reasons=CAME_BACK))
    event = changes(desks["interviewer"], "consent_event")[-1]
    assert (event.set["act"], event.set["lifts"]) == ("reconsented", [said_no])
    assert assents.record(desks["interviewer"], child, yes)


def test_an_event_follows_only_its_own_persons_words(
    desks: Desks, consented: str, says: Says, changes: Changes
) -> None:
    (mothers,) = changes(desks["interviewer"], "consent_event")
    for relation, follows in (("father", []), ("mother", [mothers.id])):
        said = says(desks["interviewer"], consented, relation=relation, follows=[mothers.id, "never-heard-of"])
        consents.record(desks["interviewer"], consented, said)
        assert changes(desks["interviewer"], "consent_event")[-1].set["follows"] == follows


@pytest.mark.parametrize("place", [1, 2, 3, 4, 5, 6])
def test_a_power_cut_leaves_no_half_consent(
    desks: Desks, child: str, says: Says, broken: Callable[[int, Callable[[], object]], None], place: int
) -> None:
    said = says(desks["interviewer"], child)

    broken(place, lambda: consents.record(desks["interviewer"], child, said))


def test_a_power_cut_leaves_no_half_no(
    desks: Desks, child: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    broken(3, lambda: consents.record(desks["interviewer"], child, NO))


def test_a_signature_is_shown_to_its_own_team_only(
    refused: Refused, desks: Desks, consented: str, other_child: str, changes: Changes, drawn: bytes
) -> None:
    event = changes(desks["interviewer"], "consent_event")[0].id
    refused(
        NotAllowed, "coordinator translator sg_lead", partial(consents.signature, subject=consented, event_id=event)
    )
    refused(NotFound, "interviewer", partial(consents.signature, subject=other_child, event_id=event))
    refused(NotFound, "interviewer", partial(consents.signature, subject=consented, event_id="none"))

    assert consents.signature(desks["interviewer"], consented, event) == drawn


CALL = {"number_source": "carer", "id_check": "yes", "on_speaker": "yes"}
WITNESS: dict[str, Any] = {"witness_name": "张某", "witness_relation": "neighbour", "witness_fit": True}
PHONE = Evidence("phone_witness", no_sign_reason="absent", call=CALL, **WITNESS)
PAPER = Evidence("signature", paper_ref="P-9", paper_place="绿色纸袋", on_paper=True)
NOT_WHOLE: list[tuple[Evidence, str]] = [
    (replace(PHONE, call={**CALL, "number_source": "child_only"}), "V26"),
    (replace(PHONE, call={}), "V26"),
    (replace(PHONE, witness_relation="mother"), "V24"),
    (replace(PHONE, witness_name=""), "not_noted"),
    (Evidence("phone_recorded", no_sign_reason="absent", call=CALL, recording_place="录音笔"), "V27"),
    (replace(PHONE, witness_relation="teacher"), "reason_needed"),
]


def failing(desk: Desk, subject: str) -> set[str]:
    """Return the gates that keep the interview of *subject* from starting."""
    return {gate.id for gate in gates.failing(people.case(desk, subject).gates)}


def test_what_does_not_stand_for_a_signature_leaves_nothing(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    for way, code in NOT_WHOLE:
        said = says(desks["interviewer"], child, way=way)
        with pytest.raises(Refusal) as told:
            consents.record(desks["interviewer"], child, said)
        assert told.value.code == code
        assert people.case(desks["interviewer"], child).events == []


def test_a_closed_study_takes_no_more_yes_and_still_every_no(
    refused: Refused, desks: Desks, child: str, says: Says, closed: Callable[[], None]
) -> None:
    closed()
    said = says(desks["interviewer"], child)

    refused(StudyClosed, "interviewer", lambda desk: consents.record(desk, child, said))
    knows = CarerAnswer("pgm", "thumbprint", True, ["ok"], "cannot_read", "张某", "neighbour", "P-1", "纸袋")
    refused(StudyClosed, "interviewer", lambda desk: carers.record(desk, child, knows))
    refused(StudyClosed, "interviewer", lambda desk: consents.inform(desk, child, said))

    consents.record(desks["interviewer"], child, replace(said, items={**said.items, "participate": "no"}))
    assert people.case(desks["interviewer"], child).events[-1].act == "declined"


def test_a_guardians_second_thoughts_halt_a_talk_after_the_close_too(
    desks: Desks, interview: str, consented: str, says: Says, closed: Callable[[], None]
) -> None:
    closed()
    desk = desks["interviewer"]
    follows = [event.id for event in people.case(desk, consented).events if event.actor == consent.GUARDIAN]
    consents.defer(desk, consented, says(desk, consented, follows=follows))

    assert people.case(desk, consented).consent == "deferred"
    with pytest.raises(ConsentMissing):
        answers.save(desk, SaveAnswer(interview, "W1", "editor-number-1", "", "监护人再想想以后的一句"))


def test_a_guardian_by_law_thinks_it_over_without_a_paper_as_they_say_no_without_one(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    desk = desks["interviewer"]
    aunt = says(desk, child, relation="uncle_aunt", basis="court")
    refused(NotAGuardian, "interviewer", lambda desk: consents.defer(desk, child, replace(aunt, basis="")))
    consents.defer(desk, child, aunt)
    assert people.case(desk, child).consent == "deferred"


def test_a_paper_of_a_day_before_the_study_was_closed_is_still_entered(
    refused: Refused, desks: Desks, child: str, says: Says, carry: Callable[[Desk, Desk], object]
) -> None:
    desk = desks["interviewer"]
    yesterday, before = ((desk.clock.today() - timedelta(days=days)).isoformat() for days in (1, 2))
    readiness.keep(desks["coordinator"], {"closed_on": yesterday})
    carry(desks["coordinator"], desk)

    of_that_day = says(desk, child, way=PAPER, given_on=yesterday)
    refused(StudyClosed, "interviewer", lambda at: consents.record(at, child, of_that_day))
    consents.record(desk, child, says(desk, child, way=PAPER, given_on=before))
    found = people.case(desk, child)
    assert (found.consent, found.step.code, found.closed_since) == ("given", "closed", yesterday)


def test_no_phone_where_the_ethics_approval_does_not_allow_it(
    refused: Refused, desks: Desks, child: str, says: Says, carry: Callable[[Desk, Desk], object]
) -> None:
    readiness.keep(desks["coordinator"], {"allow_phone_consent": "no"})
    carry(desks["coordinator"], desks["interviewer"])
    said = says(desks["interviewer"], child, way=PHONE)

    refused(PhoneNotAllowed, "interviewer", lambda desk: consents.record(desk, child, said))


def test_a_mother_on_the_phone_may_say_no_to_what_is_not_necessary(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    said = says(desk, child, way=PHONE)
    consents.record(desk, child, replace(said, items={**said.items, "audio": "no"}))
    (event,) = people.case(desk, child).events

    assert (event.method, event.items["audio"], event.items["participate"]) == ("phone_witness", "no", "yes")
    assert people.case(desk, child).consent == "given_partial"
    assert not consent.guardian_ok([event], "audio")
    assert failing(desk, child) == {"G06", "G07"}


def test_a_call_that_drops_leaves_nothing_in_force(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    said = says(desk, child, way=PHONE)
    consents.inform(desk, child, replace(said, items={"participate": "yes", "notes": "yes"}))
    (event,) = people.case(desk, child).events

    assert (event.act, event.items) == ("informed_only", {})
    assert people.case(desk, child).consent == "informed"
    assert "G04" in failing(desk, child)
    assert people.case(desk, child).step.code == "ask_guardian"


def test_who_wants_to_think_has_agreed_to_nothing(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    said = says(desks["interviewer"], child)
    refused(NoDay, "interviewer", lambda desk: consents.defer(desk, child, said, "next week"))
    consents.defer(desks["interviewer"], child, said, (desks["interviewer"].clock.today() + timedelta(60)).isoformat())

    assert people.case(desks["interviewer"], child).consent == "deferred"
    assert "G04" in failing(desks["interviewer"], child)


@pytest.mark.parametrize(
    ("given_on", "refusal"),
    [("2999-01-01", DayToCome), ("yesterday", NoDay), ("2026-02-30", NoDay), ("20261101", NoDay)],
)
def test_a_paper_of_an_impossible_day_is_refused(
    refused: Refused, desks: Desks, child: str, says: Says, given_on: str, refusal: type[Refusal]
) -> None:
    said = says(desks["interviewer"], child, way=PAPER, given_on=given_on)

    refused(refusal, "interviewer", lambda desk: consents.record(desk, child, said))


@pytest.mark.usefixtures("no_form_in_force")
def test_v21_without_a_form_in_force_a_yes_is_refused_and_a_no_is_kept(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    desk, said = desks["interviewer"], says(desks["interviewer"], child)
    refused(FormNotInForce, "interviewer", lambda desk: consents.record(desk, child, said))

    consents.record(desk, child, NO)
    assert people.case(desk, child).consent == "declined"


def test_a_no_is_kept_also_when_the_form_moved_while_it_was_read(desks: Desks, child: str) -> None:
    consents.record(desks["interviewer"], child, replace(NO, text_hash="another"))

    assert people.case(desks["interviewer"], child).consent == "declined"


def test_a_paper_shows_the_basis_that_it_was_named_for_and_no_other(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    """A court's judgment is on record; a no, which needs no paper, speaks of another basis."""
    desk = desks["interviewer"]
    consents.record(desk, child, says(desk, child, **UNCLE, **JUDGMENT))
    consents.record(desk, child, replace(NO, relation="uncle_aunt", basis="agreement"))
    seen = [one.id for one in people.case(desk, child).events]
    said = says(desk, child, relation="uncle_aunt", basis="agreement", follows=seen, reasons=CAME_BACK)

    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))
    assert consents.record(desk, child, replace(said, basis="court"))


def test_a_blank_in_the_household_is_no_paper(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    told = PersonTold("uncle_aunt", role="guardian", basis="court", basis_evidence=" ")
    household.save_person(desks["interviewer"], child, natural_id("person", child), told, Seen(""))
    said = says(desks["interviewer"], child, relation="uncle_aunt")

    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))


@pytest.mark.parametrize("paper", ["", "判决书 7 号"])
@pytest.mark.parametrize("shown", ["told", "none", "没有材料", "-", "judgment 2025-117"])
def test_only_a_paper_that_was_seen_shows_who_is_the_guardian(
    refused: Refused, desks: Desks, child: str, says: Says, shown: str, paper: str
) -> None:
    said = says(desks["interviewer"], child, **UNCLE, basis_evidence=shown, basis_paper=paper)

    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))


@pytest.mark.parametrize("paper", ["", " ", "-", "。", "没有", " 无 ", "口头", "None"])
def test_a_paper_that_was_seen_has_a_name(refused: Refused, desks: Desks, child: str, says: Says, paper: str) -> None:
    said = says(desks["interviewer"], child, **UNCLE, basis_evidence="seen_paper", basis_paper=paper)

    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))


@pytest.mark.parametrize("paper", ["", "没有", "-"])
def test_a_paper_on_record_has_a_name_too(refused: Refused, desks: Desks, child: str, says: Says, paper: str) -> None:
    shown: dict[str, Value] = {"basis": "court", "basis_evidence": "seen_paper", "basis_paper": paper}
    log_it(
        desks["interviewer"], child, natural_id("person", child), {"relation": "uncle_aunt", "role": "guardian"} | shown
    )
    said = says(desks["interviewer"], child, relation="uncle_aunt")

    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))


@pytest.mark.parametrize(
    "shown",
    [
        {"basis_evidence": "told"},
        {"basis_evidence": "none"},
        {"basis_evidence": ""},
        {"basis_paper": "没有"},
        {"basis_paper": "-"},
    ],
)
def test_a_guardian_of_whom_no_paper_was_seen_after_all_has_to_be_confirmed(
    desks: Desks, child: str, says: Says, shown: dict[str, Value]
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, says(desk, child, **UNCLE, **JUDGMENT))
    assert people.case(desk, child).consent == states.GIVEN
    with desk.db.reading() as tables:
        (uncle,) = [one["id"] for one in rows.rows(tables, "persons", child) if one["relation"] == "uncle_aunt"]
    log_it(desk, child, uncle, shown)

    assert people.case(desk, child).consent == states.NEEDS_RECONFIRM


def test_a_paper_that_was_seen_and_is_not_named_is_asked_for_by_name_and_then_the_consent_counts_again(
    desks: Desks, child: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, says(desk, child, **UNCLE, **JUDGMENT))
    with desk.db.reading() as tables:
        (uncle,) = [one["id"] for one in rows.rows(tables, "persons", child) if one["relation"] == "uncle_aunt"]
    log_it(desk, child, uncle, {"basis_paper": ""})  # as before papers were named

    case = people.case(desk, child)
    assert (case.consent, case.step.code, case.unnamed) == ("needs_paper", "name_paper", uncle)
    (gate,) = [one for one in case.gates if one.id == "G04"]
    assert (gate.step, gate.status) == ("name_paper", "fails")
    log_it(desk, child, uncle, {"role": "carer"})
    assert people.case(desk, child).consent == states.NEEDS_RECONFIRM
    log_it(desk, child, uncle, {"role": "guardian", "basis_paper": "判决书第3号"})
    assert (people.case(desk, child).consent, people.case(desk, child).unnamed) == ("given", "")


def log_it(desk: Desk, child: str, record: str, values: dict[str, Value]) -> None:
    """Correct a person of the household, as its page does."""
    with desk.db.writing() as tables:
        log.append_over(tables, desk.pen, Draft("person", values, record=record, subject=child))


@pytest.mark.parametrize("shown", ["none", "told", "没有", "口头说明", " None ", "无"])
def test_that_there_is_no_paper_is_no_paper_on_record_either(
    refused: Refused, desks: Desks, child: str, says: Says, shown: str
) -> None:
    told = PersonTold("uncle_aunt", role="guardian", basis="court", basis_evidence=shown)
    household.save_person(desks["interviewer"], child, natural_id("person", child), told, Seen(""))
    said = says(desks["interviewer"], child, relation="uncle_aunt")
    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))


def test_a_guardian_by_law_who_only_cares_by_now_has_to_be_followed_by_the_present_one(
    desks: Desks, child: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, says(desk, child, **UNCLE, **JUDGMENT))
    assert people.case(desk, child).consent == "given"
    with desk.db.writing() as tables:
        (uncle,) = [one["id"] for one in rows.rows(tables, "persons", child) if one["relation"] == "uncle_aunt"]
        log.append_over(tables, desk.pen, Draft("person", {"role": "carer"}, record=uncle, subject=child))

    assert people.case(desk, child).consent == "needs_reconfirm"


def test_a_parents_no_is_kept_while_nobody_knows_whether_they_could_agree(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    desk = desks["interviewer"]
    household.save_parent(desk, child, "mother", ParentTold(capacity="lacks"), Seen(""))
    said = says(desk, child)
    refused(NoGuardianNow, "interviewer", lambda desk: consents.record(desk, child, said))

    consents.record(desk, child, NO)
    assert people.case(desk, child).consent == "declined"


def test_a_birth_date_of_wide_digits_is_kept_in_narrow_ones(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, says(desk, child, birth_date="２０１４－０３"))

    with desk.db.reading() as tables:
        assert tables.execute("SELECT birth_date FROM identities WHERE subject = ?", [child]).fetchone()[0] == "2014-03"


@pytest.mark.usefixtures("no_form_in_force")
def test_who_thinks_about_it_is_kept_without_a_form_in_force(desks: Desks, child: str) -> None:
    consents.defer(desks["interviewer"], child, NO)

    assert people.case(desks["interviewer"], child).consent == "deferred"


UNCLE: dict[str, Any] = {"relation": "uncle_aunt", "basis": "court"}
JUDGMENT: dict[str, Any] = {"basis_evidence": "seen_paper", "basis_paper": "judgment 2025-117"}


def test_a_guardian_by_law_says_no_without_a_paper_and_yes_only_with_one(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, replace(NO, **UNCLE))
    assert people.case(desk, child).consent == "declined"

    later: dict[str, Any] = {"follows": [one.id for one in people.case(desk, child).events], "reasons": CAME_BACK}
    said = says(desk, child, **UNCLE, **later)
    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, said))

    consents.record(desk, child, replace(said, **JUDGMENT))
    assert people.case(desk, child).consent == "given"
    without_paper = replace(said, follows=[one.id for one in people.case(desk, child).events])
    assert consents.record(desk, child, without_paper)  # it is on record by now


def test_a_paper_consent_is_judged_for_the_day_it_was_given(
    refused: Refused, desks: Desks, child: str, says: Says, changes: Changes
) -> None:
    desk = desks["interviewer"]
    early, late = (desk.clock.today() - timedelta(days=days) for days in (9000, 2))
    before_the_stamp = says(desk, child, way=PAPER, given_on=early.isoformat())
    refused(FormNotInForce, "interviewer", lambda desk: consents.record(desk, child, before_the_stamp))

    wide = late.isoformat().translate({ord(sign): ord("０") + int(sign) for sign in "0123456789"})
    consents.record(desk, child, says(desk, child, way=PAPER, given_on=wide))
    (event,) = changes(desk, "consent_event")
    assert (event.set["day"], event.set["entered_on"]) == (late.isoformat(), desk.today)
    assert changes(desk, "evidence")[0].set["paper_ref"] == "P-9"
    assert failing(desk, child) == {"G06", "G07"}


def test_a_claimed_guardian_is_none_and_one_by_law_is(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    claimed = says(desks["interviewer"], child, relation="pgm", basis="claimed_only")
    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, claimed))

    consents.record(
        desks["interviewer"],
        child,
        replace(claimed, basis="parents_dead_or_incapable", **{**JUDGMENT, "basis_paper": "村委会证明 12 号"}),
    )
    assert people.case(desks["interviewer"], child).consent == "given"
    assert failing(desks["interviewer"], child) == {"G06", "G07"}


def test_when_the_guardian_changes_the_new_one_is_asked(desks: Desks, consented: str, says: Says) -> None:
    desk = desks["interviewer"]
    (person,) = [event.person for event in people.case(desk, consented).events]
    with desk.db.writing() as tables:
        log.append(tables, desk.pen, Draft("person", {"ended_on": desk.today}, record=person, subject=consented))

    assert people.case(desk, consented).consent == "needs_reconfirm"
    assert "G04" in failing(desk, consented)
    consents.record(desk, consented, says(desk, consented, relation="father", signer_name="刘父"))
    assert people.case(desk, consented).consent == "given"


def test_a_guardian_who_objects_puts_the_case_on_hold_until_that_guardian_lifts_it(
    desks: Desks, consented: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, consented, GuardianAnswer("father", {"participate": "no"}, []))
    case = people.case(desk, consented)
    assert (case.status, failing(desk, consented) & {"G05", "G13"}) == ("on_hold", {"G05", "G13"})

    seen = [event.id for event in case.events]
    consents.record(desk, consented, says(desk, consented, follows=seen))
    assert "G05" in failing(desk, consented)
    consents.record(
        desk, consented, says(desk, consented, relation="father", signer_name="刘父", follows=seen, reasons=CAME_BACK)
    )
    last = people.case(desk, consented).events[-1]
    assert (last.act, len(last.lifts)) == ("reconsented", 1)
    assert failing(desk, consented) == {"G06", "G07"}


@pytest.mark.parametrize(("change_class", "asked"), [("editorial", False), ("minor", False), ("major", True)])
def test_only_a_major_change_of_the_form_asks_again(
    desks: Desks, consented: str, newer: Callable[..., None], change_class: str, asked: bool
) -> None:
    newer(change_class)

    assert (people.case(desks["interviewer"], consented).consent == "needs_reconsent") == asked
    assert ("G04" in failing(desks["interviewer"], consented)) == asked


def test_a_consent_that_is_void_opens_nothing_and_stays_on_record(
    refused: Refused, desks: Desks, consented: str, carry: Callable[[Desk, Desk], object]
) -> None:
    coordinator = desks["coordinator"]
    carry(desks["interviewer"], coordinator)
    (event,) = people.case(coordinator, consented).events
    voids = partial(consents.void, subject=consented, event_id=event.id, reason="登错了孩子")
    refused(NotAllowed, "interviewer translator sg_lead", voids)
    refused(Missing, "coordinator", partial(consents.void, subject=consented, event_id=event.id, reason=" "))
    refused(NotFound, "coordinator", partial(consents.void, subject=consented, event_id="none", reason="x"))

    voids(coordinator)
    carry(coordinator, desks["interviewer"])
    assert people.case(desks["interviewer"], consented).consent == "voided"
    assert "G04" in failing(desks["interviewer"], consented)
    assert event.id in {one.id for one in people.case(desks["interviewer"], consented).events}


def test_a_paper_that_was_promised_has_a_number(refused: Refused, consented: str, desks: Desks) -> None:
    (event,) = people.case(desks["interviewer"], consented).events

    for none in (" ", "无", "——"):
        refused(
            Missing,
            "interviewer",
            partial(consents.bring_paper, subject=consented, event_id=event.id, paper_ref=none, paper_place=""),
        )
    refused(NotFound, "interviewer", lambda desk: consents.bring_paper(desk, consented, "none", "P-1", ""))
    refused(NotAllowed, "coordinator", lambda desk: consents.bring_paper(desk, consented, event.id, "P-1", ""))


def test_a_guardians_no_counts_again_when_who_answered_as_a_grown_up_is_not_of_age(
    desks: Desks, born: Born, consented: str, says: Says, wall_down: Callable[[Desk], None]
) -> None:
    """A birth date that was wrong: asked is the age group of today, whatever was ever answered as a grown-up."""
    desk = desks["interviewer"]
    born(desk, consented, "2005-01-01")
    consents.record(desk, consented, says(desk, consented, relation="self", birth_date="2005-01-01"))
    talk = interviews.start(desk, consented, KEPT)
    note = SaveAnswer(talk, "W1", "editor-number-1", "", "下雨放学的时候。")
    wall_down(desk)
    answers.save(desk, note)

    born(desk, consented, f"{desk.clock.today().year - 13}-01-01")
    with pytest.raises(ConsentMissing):
        answers.save(desk, replace(note, text="没有监护人同意的一句"))


def test_who_is_of_age_and_thinks_about_it_in_the_middle_of_a_talk_halts_it_until_they_go_on(
    desks: Desks, born: Born, consented: str, says: Says, wall_down: Callable[[Desk], None]
) -> None:
    desk = desks["interviewer"]
    born(desk, consented, "2005-01-01")
    yes = says(desk, consented, relation="self", birth_date="2005-01-01")
    heard = [consents.record(desk, consented, yes)]
    talk = interviews.start(desk, consented, KEPT)
    heard.append(consents.defer(desk, consented, replace(yes, follows=heard)))
    note = SaveAnswer(talk, "W1", "editor-number-1", "", "再想想以后的一句")
    wall_down(desk)
    with pytest.raises(ConsentMissing):
        answers.save(desk, note)
    assert people.case(desk, consented).step.code == "ask_adult"

    consents.record(desk, consented, replace(yes, follows=heard, bases=says(desk, consented, relation="self").bases))
    answers.save(desk, note)
    step = people.case(desk, consented).step
    assert (step.code, step.interview) == ("continue", talk)


def test_a_guardians_earlier_no_does_not_stop_who_has_come_of_age(
    desks: Desks, born: Born, consented: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, consented, says(desk, consented, items={"participate": "no"}))
    assert "G05" in failing(desk, consented)
    born(desk, consented, "2005-01-01")
    consents.record(desk, consented, says(desk, consented, relation="self", birth_date="2005-01-01"))

    talk = interviews.start(desk, consented, KEPT)
    assert answers.save(desk, SaveAnswer(talk, "W1", "editor-number-1", "", "自己愿意说的。"))
    with desk.db.reading() as tables:
        assert consented in {row["id"] for row in exports.in_use(desk, tables)}


def test_what_a_mother_said_before_a_birthday_stays_hers_when_it_is_carried_out_after_it(
    refused: Refused, desks: Desks, born: Born, consented: str, says: Says, changes: Changes
) -> None:
    """It had waited under the cover; who is 18 by now decides alone, and is asked."""
    desk = desks["interviewer"]
    before, birthday = (desk.clock.today() - timedelta(days=days) for days in (30, 20))
    heard = forms.guardian_form(desk, consented).text_hash
    yes = says(desk, consented, given_on=before.isoformat())
    born(desk, consented, birthday.replace(year=birthday.year - 18).isoformat())
    assert people.case(desk, consented).adult

    refused(OfAgeNow, "interviewer", lambda desk: consents.record(desk, consented, yes))
    consents.defer(desk, consented, yes)
    consents.record(desk, consented, replace(NO, given_on=before.isoformat()))

    thinks, no = people.case(desk, consented).events[-2:]
    assert [(one.actor, one.act, one.relation, one.day) for one in (thinks, no)] == [
        ("guardian", "deferred", "mother", before.isoformat()),
        ("guardian", "declined", "mother", before.isoformat()),
    ]
    assert {thinks.form_text_hash, no.form_text_hash} == {heard}
    assert changes(desk, "nonparticipation")[-1].set["reason"] == "guardian_no"
    assert people.case(desk, consented).step.code == "ask_adult"
    consents.record(desk, consented, says(desk, consented, relation="self"))
    assert failing(desk, consented) == set()


def test_who_has_come_of_age_consents_alone(desks: Desks, born: Born, consented: str, says: Says) -> None:
    desk = desks["interviewer"]
    born(desk, consented, "2005-01-01")
    assert people.case(desk, consented).consent == "lapsed"
    assert people.case(desk, consented).step.code == "ask_adult"

    consents.record(desk, consented, says(desk, consented, relation="self", birth_date="2005-01-01"))
    assert failing(desk, consented) == set()
    assert interviews.start(desk, consented, KEPT)


def test_where_nobody_under_fourteen_is_recorded_their_families_are_not_asked_for_a_recording(
    desks: Desks, child: str, says: Says, carry: Callable[[Desk, Desk], object], changes: Changes
) -> None:
    """Also a yes that was asked for before the study decided so is none."""
    desk = desks["interviewer"]
    before = says(desk, child)
    assert "audio" in before.items
    readiness.keep(desks["coordinator"], {"audio_under_14": "no"})
    carry(desks["coordinator"], desk)

    form = forms.guardian_form(desk, child)
    assert "audio" not in {item.code for item in form.items}
    assert [item.code for item in form.left_out] == ["audio"]
    consents.record(desk, child, before)
    assert "audio" not in changes(desk, "consent_event")[-1].set["items"]
    assert "G04" not in failing(desk, child)


def test_who_is_fourteen_is_asked_for_a_recording_all_the_same(
    desks: Desks, carry: Callable[[Desk, Desk], object]
) -> None:
    desk = desks["interviewer"]
    older = people.register(desk, NewChild("阿远", "", "A03", "m", f"{desk.clock.today().year - 15}-01"))
    readiness.keep(desks["coordinator"], {"audio_under_14": "no"})
    carry(desks["coordinator"], desk)

    assert "audio" in {item.code for item in forms.guardian_form(desk, older).items}
    assert "audio" in {item.code for item in forms.child_form(desk, older).items}


def test_a_refusal_takes_the_contact_slip_with_it(desks: Desks, child: str, words: Callable[[Desk], str]) -> None:
    desk = desks["interviewer"]
    assert "0394-0000000" in words(desk)
    consents.record(desk, child, NO)

    assert "0394-0000000" not in words(desk)
    assert people.case(desk, child).called is None
    assert checks.check(desk).ok


def test_words_that_nobody_read_are_not_agreed_to(
    refused: Refused, desks: Desks, child: str, says: Says, newer: Callable[..., None]
) -> None:
    """A new version comes into force between the reading and the signature."""
    read = forms.guardian_form(desks["interviewer"], child).text_hash
    newer("editorial")
    said = says(desks["interviewer"], child, text_hash=read)

    refused(FormMoved, "interviewer", lambda desk: consents.record(desk, child, said))
    consents.record(desks["interviewer"], child, replace(said, text_hash=""))


def test_of_two_relatives_the_one_whose_role_has_not_ended_is_asked(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    with desk.db.writing() as tables:
        for name, ended in (("0first", desk.today), ("1second", None)):
            known = {"relation": "uncle_aunt", "role": "guardian", "basis": "court", "ended_on": ended}
            known["basis_evidence"] = "judgment 2025-117"
            log.append(tables, desk.pen, Draft("person", known, record=name, subject=child))
    consents.record(desk, child, says(desk, child, relation="uncle_aunt"))

    assert people.case(desk, child).events[-1].person == "1second"
    assert people.case(desk, child).consent == "given"


@pytest.mark.parametrize("relation", ["uncle_aunt", "mother"])
def test_a_paper_is_that_of_whoever_was_the_guardian_on_its_day(
    desks: Desks, child: str, says: Says, law: dict[str, str], relation: str
) -> None:
    """The yes and the paper were judged for one of two whose role has ended since, and kept as the other one's."""
    desk = desks["interviewer"]
    shown = law if relation == "uncle_aunt" else {}
    before, since = ((desk.clock.today() - timedelta(days=days)).isoformat() for days in (10, 2))
    with desk.db.writing() as tables:
        for name, ended in (("0first", before), ("1second", since)):
            known = {"role": "guardian", **shown, "relation": relation, "ended_on": ended}
            log.append(tables, desk.pen, Draft("person", known, record=name, subject=child))
    day = (desk.clock.today() - timedelta(days=5)).isoformat()
    consents.record(desk, child, says(desk, child, **{**shown, "relation": relation}, way=PAPER, given_on=day))

    assert people.case(desk, child).events[-1].person == "1second"


def test_a_paper_of_one_of_two_uncles_is_his_also_after_his_role_has_ended(
    refused: Refused, desks: Desks, child: str, says: Says, uncles: tuple[str, str], law: dict[str, str]
) -> None:
    desk = desks["interviewer"]
    ended, signed = ((desk.clock.today() - timedelta(days=days)).isoformat() for days in (5, 6))
    household.end_role(desk, child, uncles[1], ended, "custody")
    said = says(desk, child, **law, way=PAPER, given_on=signed)
    refused(WhichGuardian, "interviewer", lambda desk: consents.record(desk, child, said))
    consents.record(desk, child, replace(said, person=uncles[1]))

    assert people.case(desk, child).events[-1].person == uncles[1]
    assert people.case(desk, child).consent == "needs_reconfirm"


@pytest.mark.parametrize(("days", "permitted"), [(1, False), (0, True)])
def test_an_earlier_paper_takes_the_place_of_nothing_that_was_said_after_it(
    desks: Desks, child: str, says: Says, days: int, permitted: bool
) -> None:
    """The mother crossed out the quoting today; her paper of yesterday said yes to all of it."""
    desk = desks["interviewer"]
    whole = says(desk, child)
    consents.record(desk, child, replace(whole, items={**whole.items, "quote": "no"}))
    day = (desk.clock.today() - timedelta(days=days)).isoformat()
    seen = [event.id for event in people.case(desk, child).events]
    consents.record(desk, child, replace(whole, way=PAPER, given_on=day, follows=seen))

    assert consent.guardian_ok(people.case(desk, child).events, "quote") == permitted


@pytest.mark.parametrize("item", ["participate", "notes", "store"])
def test_a_no_to_what_is_necessary_is_a_no_and_keeps_no_name(
    desks: Desks, child: str, says: Says, words: Callable[[Desk], str], item: str
) -> None:
    desk = desks["interviewer"]
    whole = says(desk, child, signer_name="QZJXKWVPHMLD")
    consents.record(desk, child, replace(whole, items={**whole.items, item: "no"}))

    assert people.case(desk, child).consent == "declined"
    assert people.case(desk, child).step.code == "guardian_said_no"
    assert "QZJXKWVPHMLD" not in words(desk)


def test_who_wants_to_think_again_after_a_yes_says_neither(desks: Desks, consented: str, says: Says) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, ChildAnswer("yes", (1, 2, 3), "child_oral"))
    seen = [event.id for event in people.case(desk, consented).events]
    consents.defer(desk, consented, says(desk, consented, follows=seen))
    assert failing(desk, consented) & {"G04"}

    seen = [event.id for event in people.case(desk, consented).events]
    consents.record(desk, consented, says(desk, consented, follows=seen))
    assert "G04" not in failing(desk, consented)


def test_an_earlier_paper_lifts_no_later_no(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    whole = says(desk, child, reasons=CAME_BACK)
    no = consents.record(desk, child, NO)
    for days in (1, 0):
        day = (desk.clock.today() - timedelta(days=days)).isoformat()
        consents.record(desk, child, replace(whole, way=PAPER, given_on=day, follows=[no]))

    assert people.case(desk, child).consent == "declined"


def test_names_that_came_in_meanwhile_are_not_overwritten(desks: Desks, consented: str, says: Says) -> None:
    """The page to sign was open; in another window the carer was corrected: both are kept, and it shows."""
    desk = desks["interviewer"]
    said = says(desk, consented, carer="pgf")
    with desk.db.writing() as tables:
        log.append_over(tables, desk.pen, Draft("participant", {"carer": "mgm"}, record=consented, subject=consented))
    consents.record(desk, consented, said)

    with desk.db.reading() as tables:
        heads = log.heads_of(tables, consented)["carer"]
        told = {change.set["carer"] for change in log.of_record(tables, consented) if change.id in heads}
    assert told == {"mgm", "pgf"}


def test_v02_a_birth_date_told_with_the_signature_lies_in_the_range_of_the_study(
    refused: Refused, desks: Desks, child: str, says: Says
) -> None:
    for born in ("1999-05", "2024-05"):
        said = says(desks["interviewer"], child, birth_date=born)
        refused(OutOfRange, "interviewer", partial(consents.record, subject=child, said=said))


@pytest.mark.parametrize("name", ["real_name", "signer_name"])
def test_a_name_that_nobody_can_read_is_none(refused: Refused, desks: Desks, child: str, says: Says, name: str) -> None:
    unseen, signs = ("\u200b", "\u202e", "　"), ("😀", "…1")
    for text in (*unseen, *signs):
        said = says(desks["interviewer"], child, **{name: text})
        refusal = Missing if text in unseen else NoName
        refused(refusal, "interviewer", partial(consents.record, subject=child, said=said))


@pytest.mark.parametrize("told", [ParentTold(alive="no"), ParentTold(capacity="lacks")])
def test_a_parent_who_is_dead_or_lacks_capacity_consents_to_nothing_and_an_earlier_yes_needs_another_guardian(
    refused: Refused, desks: Desks, consented: str, says: Says, told: ParentTold
) -> None:
    desk = desks["interviewer"]
    assert people.case(desk, consented).consent == "given"
    household.save_parent(desk, consented, "mother", told, Seen())

    assert people.case(desk, consented).consent == "needs_reconfirm"
    again = says(desk, consented)
    refused(NoGuardianNow, "interviewer", lambda desk: consents.record(desk, consented, again))


def test_who_is_no_parent_is_a_guardian_by_a_basis_and_a_paper(
    refused: Refused, desks: Desks, child: str, says: Says, changes: Changes
) -> None:
    desk = desks["interviewer"]
    court = says(desk, child, relation="uncle_aunt", basis="court")
    refused(NotAGuardian, "interviewer", lambda desk: consents.record(desk, child, court))
    consents.record(desk, child, replace(court, basis_evidence="seen_paper", basis_paper="判决书 7 号"))

    told = changes(desk, "person")[-1].set
    assert (told["basis_evidence"], told["basis_paper"]) == ("seen_paper", "判决书 7 号")
    rubbish = says(desk, child, relation="father", basis="rubbish")
    consents.record(desk, child, rubbish)
    assert changes(desk, "consent_event")[-1].set["guardian_basis"] == "parent"


def test_a_guardian_who_cannot_read_signs_nothing_alone(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    household.save_person(desk, child, "P" * 22, PersonTold("mother", reads_zh="no"), Seen())
    said = says(desk, child)
    refused(CannotRead, "interviewer", lambda desk: consents.record(desk, child, said))

    aloud = Evidence("oral_witness", b"", "cannot_read", "张某", "neighbour", witness_fit=True)
    assert consents.record(desk, child, replace(said, way=aloud))


@pytest.mark.parametrize("day", ["1900-01-01", "9999-12-31"])
def test_nobody_is_asked_again_on_a_day_that_is_gone_or_far_off(
    refused: Refused, child: str, desks: Desks, says: Says, day: str
) -> None:
    said = says(desks["interviewer"], child)
    refused(DayToAskAgain, "interviewer", lambda desk: consents.defer(desk, child, said, day))


def test_a_reason_that_the_study_does_not_know_is_none(
    refused: Refused, desks: Desks, consented: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, consented, replace(NO, follows=[event.id for event in people.case(desk, consented).events]))
    follows = [event.id for event in people.case(desk, consented).events]
    again = says(desk, consented, follows=follows, reasons={"again_family": "bogus"})
    refused(ReasonNeeded, "interviewer", lambda desk: consents.record(desk, consented, again))
    consents.record(desk, consented, replace(again, reasons={"again_family": "came_back"}))


def test_a_yes_that_waited_over_midnight_takes_back_the_no_that_its_form_showed(
    desks: Desks, child: str, says: Says, later: Callable[[Desk, int], Desk]
) -> None:
    desk = desks["interviewer"]
    no = consents.record(desk, child, says(desk, child, items={"participate": "no"}))
    day, next_day = desk.today, later(desk, 1)
    yes = replace(
        says(desk, child), given_on=day, follows=[no], reasons={"V31": "date_right", "again_family": "came_back"}
    )
    consents.record(next_day, child, yes)

    last = people.case(next_day, child).events[-1]
    assert (last.act, last.day, last.lifts) == ("reconsented", day, (no,))
