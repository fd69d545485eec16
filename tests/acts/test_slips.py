from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from fieldkit.acts import checks, clocks, forms, people, readiness, slips, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.rules.slips import ALPHABET
from fieldkit.studies import Pair

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Words = Callable[[Desk], str]
Later = Callable[[Desk, int], Desk]
Carry = Callable[[Desk, Desk], object]


def _confirmed(desk: Desk, days: int) -> Desk:
    """The same desk *days* later by its clock, which a person confirms."""
    at = replace(desk, clock=Clock(timedelta(days=days)))
    with at.db.reading() as tables:
        asked = clocks.doubted(at, tables)
    return clocks.state(at, at.today, {}) if asked else at


def test_only_an_interviewer_sees_a_familys_slip_and_sweeps(refused: Refused, child: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: slips.family_slip(desk, child))
    refused(NotAllowed, "coordinator translator sg_lead", slips.purge_old)


def test_nobodys_slip_is_told(refused: Refused) -> None:
    refused(NotFound, "interviewer", lambda desk: slips.family_slip(desk, "nobody"))


def test_a_slip_stays_thirty_days_and_then_goes(desks: Desks, child: str, words: Words) -> None:
    desk = desks["interviewer"]
    assert slips.purge_old(_confirmed(desk, 30)) == 0
    assert people.case(desk, child).called == "小满"

    assert slips.purge_old(_confirmed(desk, 31)) == 1

    assert people.case(desk, child).called is None
    assert not {"小满", "0394-0000000"} & {name for name in ("小满", "0394-0000000") if name in words(desk)}
    assert checks.check(desk).ok
    assert slips.purge_old(_confirmed(desk, 31)) == 0


def test_while_the_date_is_doubted_nothing_goes(desks: Desks, child: str, later: Later) -> None:
    assert slips.purge_old(later(desks["interviewer"], 400)) == 0
    assert people.case(desks["interviewer"], child).called == "小满"


def test_a_guardians_yes_keeps_the_slip(desks: Desks, consented: str) -> None:
    assert slips.purge_old(_confirmed(desks["interviewer"], 60)) == 0


def test_a_slip_that_another_laptop_emptied_goes_here_too(
    desks: Desks, child: str, joins: Callable[[str, str, str], Desk], carry: Carry, words: Words
) -> None:
    first, second = desks["interviewer"], joins("王宁", "interviewer", "A")
    carry(first, second)
    assert people.case(second, child).called == "小满"
    slips.purge_old(_confirmed(first, 31))
    carry(first, second)

    assert people.case(second, child).called is None
    assert "小满" in words(second)
    assert slips.purge_old(second) == 1
    assert "小满" not in words(second)
    assert checks.check(second).ok


def test_the_familys_slip_has_one_code_and_names_no_child(desks: Desks, child: str) -> None:
    slip = slips.family_slip(desks["interviewer"], child)

    assert slips.family_slip(desks["interviewer"], child) == slip
    assert (len(slip.code), set(slip.code) - set(ALPHABET)) == (8, set())
    assert "小满" not in repr(slip)


def test_the_slip_names_the_institution_as_the_forms_do(desks: Desks, child: str, carry: Carry) -> None:
    coordinator, desk = desks["coordinator"], desks["interviewer"]
    for english, shown in (("Some University", "Some University"), ("", "某大学")):
        for one in (coordinator, desk):
            with one.db.writing() as tables:  # before any form is stamped
                tables.execute("UPDATE forms SET stamped_on = NULL")
        lines = [line for group in readiness.overview(coordinator) for line in group.lines]
        bases = {line.fact.code: line.opened.base for line in lines}
        facts = {"institution": "某大学", "institution_en": english, "pi_contact": "0000-1"}
        readiness.keep(coordinator, facts, bases)
        carry(coordinator, desk)

        slip = slips.family_slip(desk, child)
        assert (slip.institution, slip.phone) == (Pair("某大学", shown), "0000-1")


def test_the_slip_names_whom_the_family_agreed_with_although_the_next_version_will_name_another(
    desks: Desks, consented: str, other_child: str, carry: Carry
) -> None:
    coordinator, desk = desks["coordinator"], desks["interviewer"]
    before = slips.family_slip(desk, consented)
    for sheet in forms.listing(coordinator):
        texts = forms.texts(coordinator, sheet.version.doc_kind)
        words = {texts.lines[0].id: Pair(texts.lines[0].text.zh + "（新）", texts.lines[0].text.en + " (new)")}
        forms.rewrite(coordinator, sheet.version.doc_kind, words, "major", texts.text_hash)
    lines = [line for group in readiness.overview(coordinator) for line in group.lines]
    bases = {line.fact.code: line.opened.base for line in lines}
    readiness.keep(coordinator, {"institution": "某数据有限公司", "pi_contact": "0000-1"}, bases)
    carry(coordinator, desk)

    assert slips.family_slip(desk, consented) == before
    assert "某数据有限公司" not in repr(slips.family_slip(desk, other_child))


def test_two_children_have_two_codes(desks: Desks, child: str, other_child: str) -> None:
    desk = desks["interviewer"]

    assert slips.family_slip(desk, child).code != slips.family_slip(desk, other_child).code


def test_a_family_leaves_with_the_code_in_small_letters_too(refused: Refused, desks: Desks, child: str) -> None:
    code = slips.family_slip(desks["interviewer"], child).code

    assert withdrawals.withdraw_each(desks["interviewer"], [f" {code.lower()} "])[0].known
    refused(NotFound, "interviewer", lambda desk: people.case(desk, child))
    refused(NotFound, "interviewer", lambda desk: slips.family_slip(desk, child))


def test_a_family_leaves_on_a_machine_that_does_not_know_the_code(
    refused: Refused, desks: Desks, child: str, joins: Callable[[str, str, str], Desk], carry: Carry
) -> None:
    code = slips.family_slip(desks["interviewer"], child).code
    other = joins("周平", "interviewer", "B")

    assert not withdrawals.withdraw_each(other, [code.lower()])[0].known
    carry(other, desks["interviewer"])

    refused(NotFound, "interviewer", lambda desk: people.case(desk, child))
