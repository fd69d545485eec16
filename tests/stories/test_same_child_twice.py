"""Story 11 (`domain.md` §7): the same child twice, found where the names are, linked, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fieldkit.acts import (
    answers,
    assents,
    checks,
    consents,
    datasets,
    demo,
    duplicates,
    exports,
    forms,
    interviews,
    people,
    pseudonyms,
    questions,
    screenings,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder
from sync.replica import Report

Desks = dict[str, Desk]
Carry = Callable[[Desk, Desk], Report]
PHONE = "138 0000 0001"
FIRST, SECOND = "下雨天别人家都有人送伞。", "奶奶说爸爸腊月回来。"


@pytest.fixture
def second(desks: Desks, tmp_path: Path, passphrase: str, carry: Carry) -> Iterator[Desk]:
    """小王 at L2, of the same team as 小李 at L1."""
    team = desks["interviewer"].device.team
    folder = Folder.open(tmp_path / "L2")
    desk = demo.join(desks["coordinator"], folder, "王越", "interviewer", passphrase, team)
    carry(desks["coordinator"], desks["interviewer"])
    yield desk
    desk.db.close()
    desk.folder.close()


def held(desk: Desk, called: str, phone: str, real_name: str, words: str, **items: str) -> tuple[str, str]:
    """Register, ask the mother and the child, and talk; the child and the interview."""
    born = f"{Clock().today().year - 12}-01"
    subject = people.register(desk, NewChild(called, phone, "A03", "m", born, reasons={"alike": "another"}))
    screenings.record(desk, subject, screenings.all_fit())
    form = forms.guardian_form(desk, subject)
    name = pseudonyms.suggest(desk, subject, real_name)
    asked = {item.code: "yes" for item in form.items} | items
    told = (real_name, born, name.zh, name.en, "both_away", "pgm", "王某", demo_signature())
    consents.record(desk, subject, GuardianAnswer("mother", asked, ["ok"] * 3, *told))
    assents.record(desk, subject, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))
    interview = interviews.start(desk, subject, KEPT)
    line = questions.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, words))
    return subject, interview


def demo_signature() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(40)


def narratives(desk: Desk) -> dict[str, bytes]:
    """Every change of an answer, byte by byte."""
    with desk.db.reading() as tables:
        return dict(tables.execute("SELECT id, body FROM changes WHERE kind = 'answer'").fetchall())


def test_one_child_on_two_laptops_is_one_child_and_can_be_two_again(desks: Desks, second: Desk, carry: Carry) -> None:
    l1, centre, lead = desks["interviewer"], desks["coordinator"], desks["sg_lead"]
    chuan, talk1 = held(l1, "小川", PHONE, "王某川", FIRST)
    zi, talk2 = held(second, "川子", f"+86 {PHONE}", "王某川", SECOND, quote="no")
    assert duplicates.listing(l1) == duplicates.listing(second) == []  # cannot be known offline
    for laptop in (l1, second):
        carry(laptop, centre)
    carry(centre, lead)
    before, quoted = narratives(centre), {row.text: row.may_quote for row in exports.dataset(centre).rows}
    cases = {case.id: case for case in people.listing(centre)}

    (pair,) = duplicates.listing(centre)
    assert {pair.left.case.id, pair.right.case.id} == {chuan, zi}
    assert {"name_same", "birth_month", "phone"} <= set(pair.likeness.reasons)
    duplicates.link(centre, chuan, zi, "asked_team", pair.base)
    for laptop in (l1, second):
        carry(centre, laptop)

    for desk in (centre, l1, second):
        (one,) = people.listing(desk)
        whole = people.case(desk, one.id)
        assert whole.pseudonym == cases[pair.left.case.id].pseudonym
        assert [line.code for line in whole.interviews] == [f"{whole.case_code}-S1", f"{whole.case_code}-S2"]
        assert {line.id for line in whole.interviews} == {talk1, talk2}
        assert whole.repeated
        assert whole.also == (pair.right.case.case_code,)
        assert duplicates.listing(desk) == []
    assert narratives(centre) == before
    tables = datasets.merged(centre)
    assert [row[0] for row in tables["participants"].rows] == [pair.left.case.case_code]
    sessions = {f"{pair.left.case.case_code}-S{n}" for n in (1, 2)}
    assert {row[:2] for row in tables["answers"].rows} == {(pair.left.case.case_code, code) for code in sessions}
    rows = exports.dataset(centre).rows
    assert {row.case_code for row in rows} == {pair.left.case.case_code}
    assert {row.text for row in rows} == {FIRST, SECOND}
    assert quoted == {FIRST: True, SECOND: False}
    assert not any(row.may_quote for row in rows)  # the stricter consent holds for both

    duplicates.unlink(l1, chuan, zi, duplicates.one(l1, chuan, zi).base)
    carry(l1, centre)
    assert {case.id: case for case in people.listing(centre)} == cases
    assert {row.text: row.may_quote for row in exports.dataset(centre).rows} == quoted
    assert narratives(centre) == before
    assert duplicates.listing(centre) == []  # never asked again
    assert checks.check(centre).problems == checks.check(l1).problems == []
