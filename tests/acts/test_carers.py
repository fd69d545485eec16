from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from fieldkit.acts import carers, consents, interviews, people
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.forms import NotUnderstood
from fieldkit.acts.interviews import GatesClosed
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.versions import FormNotInForce
from fieldkit.rules.ways import NoSignature, NotNoted, UnfitWitness
from fieldkit.store import log
from fieldkit.store import people as people_store
from fieldkit.store.keys import b64
from fieldkit.store.log import Draft
from fieldkit.store.people import Row

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
Says = Callable[..., consents.GuardianAnswer]
PRINT = CarerAnswer("pgm", "thumbprint", True, ["ok"], "cannot_read", "张某", "neighbour", "P-1", "纸袋")


def test_only_an_interviewer_records_an_agreement(refused: Refused, child: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: carers.record(desk, child, PRINT))


WRONG: list[tuple[dict[str, Any], type[Refusal], str]] = [
    ({"understanding": []}, NotUnderstood, "V28"),
    ({"understanding": ["again"]}, NotUnderstood, "V28"),
    ({"no_sign_reason": ""}, NotNoted, "not_noted"),
    ({"witness_name": "  "}, NotNoted, "not_noted"),
    ({"paper_ref": ""}, NotNoted, "not_noted"),
    ({"method": "signature"}, NoSignature, "V23"),
    ({"method": "signature", "signature_png": b"GIF89a"}, NoSignature, "V23"),
    ({"method": "photo"}, NoSignature, "V23"),
    ({"method": "signature", "signature_png": b"\x89PNG\r\n\x1a\n" + b"x" * 300 * 1024}, Invalid, "invalid"),
    ({"witness_relation": ""}, UnfitWitness, "V24"),
    ({"witness_relation": "team"}, UnfitWitness, "V24"),
    ({"witness_relation": "pgm"}, UnfitWitness, "V24"),
]


def test_an_agreement_without_its_evidence_is_refused(refused: Refused, child: str) -> None:
    for wrong, refusal, code in WRONG:
        said = replace(PRINT, **wrong)
        assert refused(refusal, "interviewer", partial(carers.record, subject=child, said=said)).code == code


def test_an_unknown_child_has_no_carer(refused: Refused) -> None:
    refused(NotFound, "interviewer", lambda desk: carers.record(desk, "nobody", PRINT))


def test_grandmothers_agreement_opens_nothing(refused: Refused, desks: Desks, agreed_by_grandmother: str) -> None:
    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, agreed_by_grandmother, KEPT))

    gates = told.details["gates"]
    assert isinstance(gates, list)
    first = next(gate for gate in gates if gate.id == "G04")
    assert "奶奶是照护人" in first.reason.zh
    assert "consent has to come from a parent" in first.reason.en
    one = people.case(desks["interviewer"], agreed_by_grandmother)
    assert (one.status, one.step.code) == ("consent_pending", "call_parents")


def test_with_the_triggers_gone_her_agreement_still_opens_nothing(
    refused: Refused, desks: Desks, agreed_by_grandmother: str, wall_down: Callable[[Desk], None]
) -> None:
    wall_down(desks["interviewer"])

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, agreed_by_grandmother, KEPT))


def test_a_thumbprint_is_noted_and_never_pictured(desks: Desks, agreed_by_grandmother: str, changes: Changes) -> None:
    (event,), (paper,) = (changes(desks["interviewer"], kind) for kind in ("consent_event", "evidence"))

    assert (event.set["actor"], event.set["act"], event.set["method"]) == ("carer", "given", "thumbprint")
    assert (event.drawer, paper.drawer) == ("consent/A", "vault/A")
    assert paper.set["event"] == event.id
    assert (paper.set["signature"], paper.set["witness"], paper.set["paper_ref"]) == ("", "张某", "P-1")
    assert "张某" not in str(event)


def test_a_signature_lies_in_the_vault(desks: Desks, child: str, changes: Changes, drawn: bytes) -> None:
    carers.record(desks["interviewer"], child, CarerAnswer("pgf", "signature", True, ["ok"], signature_png=drawn))

    (paper,) = changes(desks["interviewer"], "evidence")
    assert (paper.set["signature"], paper.drawer) == (b64(drawn), "vault/A")
    assert b64(drawn) not in str(changes(desks["interviewer"], "consent_event"))


def test_a_carers_no_is_kept_and_asks_for_no_paper(desks: Desks, child: str, changes: Changes) -> None:
    carers.record(desks["interviewer"], child, CarerAnswer("pgm", "", False, witness_name="张某"))

    (event,) = changes(desks["interviewer"], "consent_event")
    assert event.set["act"] == "declined"
    assert changes(desks["interviewer"], "evidence") == []
    assert people.nonparticipation(desks["interviewer"]) == {}


def test_the_no_of_a_guardian_by_law_is_a_guardians_no_wherever_it_is_tapped(
    desks: Desks, child: str, says: Any
) -> None:
    desk, shown = desks["interviewer"], {"basis": "court", "basis_evidence": "seen_paper", "basis_paper": "judgment"}
    consents.record(desk, child, says(desk, child, relation="pgm", **shown))
    carers.record(desk, child, CarerAnswer("pgm", "", agreed=False))

    assert people.case(desk, child).consent == "declined"


def test_the_no_of_a_guardian_is_one_also_while_the_paper_that_shows_it_is_not_named(
    desks: Desks, child: str, says: Says
) -> None:
    desk = desks["interviewer"]
    law = {"relation": "pgm", "basis": "court", "basis_evidence": "seen_paper", "basis_paper": "判决书第3号"}
    consents.record(desk, child, says(desk, child, **law))
    (adult,) = adults_of(desk, child)
    with desk.db.writing() as tables:
        log.append_over(tables, desk.pen, Draft("person", {"basis_paper": ""}, record=adult["id"], subject=child))

    carers.record(desk, child, CarerAnswer("pgm", "signature", agreed=False))
    said = people.case(desk, child).events[-1]
    assert (said.actor, said.act, said.person) == ("guardian", "declined", adult["id"])


def test_of_two_uncles_it_is_the_no_of_the_one_who_said_it(desks: Desks, child: str, uncles: tuple[str, str]) -> None:
    desk = desks["interviewer"]
    carers.record(desk, child, CarerAnswer("uncle_aunt", "signature", agreed=False, person=uncles[1]))

    said = people.case(desk, child).events[-1]
    assert (said.actor, said.act, said.person) == ("guardian", "declined", uncles[1])


def adults_of(desk: Desk, child: str) -> list[Row]:
    with desk.db.reading() as tables:
        return people_store.rows(tables, "persons", child)


@pytest.mark.usefixtures("no_form_in_force")
def test_without_a_form_in_force_a_carers_yes_is_refused_and_her_no_is_kept(
    refused: Refused, desks: Desks, child: str, changes: Changes
) -> None:
    refused(FormNotInForce, "interviewer", lambda desk: carers.record(desk, child, PRINT))

    carers.record(desks["interviewer"], child, CarerAnswer("pgm", "", agreed=False))
    (event,) = changes(desks["interviewer"], "consent_event")
    assert event.set["act"] == "declined"


def test_of_one_grandmother_there_is_one_record(desks: Desks, agreed_by_grandmother: str, changes: Changes) -> None:
    carers.record(desks["interviewer"], agreed_by_grandmother, PRINT)

    (person,) = changes(desks["interviewer"], "person")
    assert (person.set["relation"], person.set["role"], person.set["basis"]) == ("pgm", "carer", "")
    assert {event.set["person"] for event in changes(desks["interviewer"], "consent_event")} == {person.record}


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_power_cut_leaves_no_half_agreement(
    desks: Desks, child: str, broken: Callable[[int, Callable[[], object]], None], place: int
) -> None:
    broken(place, lambda: carers.record(desks["interviewer"], child, PRINT))
