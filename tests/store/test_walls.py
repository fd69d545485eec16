"""The third wall alone: changes are written straight into the log, so that neither an act nor a rule is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.clock import Clock
from fieldkit.records import KINDS, Change, natural_id
from fieldkit.rules import consent
from fieldkit.store import log, standing
from fieldkit.store.database import Database, DatabaseError, Tables, WallBroken
from fieldkit.store.log import Draft, Pen

Say = Callable[..., str]
Answer = Callable[..., Change]
WALL = "fieldkit wall"
HOWS = ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE")
NO_NOTES = {"participate": "yes", "notes": "no", "store": "yes"}
NO_STORE = {"participate": "yes", "notes": "yes", "store": "no"}


class Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


@pytest.fixture
def opens(tables: Tables, pen: Pen) -> Callable[..., Change]:
    """Open the interview of session S1: `opens(grounds)`."""

    def _opens(grounds: tuple[str, ...], **more: str) -> Change:
        place = {"record": "S1", "subject": "kid", "session": "S1", **more}
        return log.append(tables, pen, Draft("interview", {"interviewer": "li"}, grounds=grounds, **place))  # type: ignore[arg-type]

    return _opens


@pytest.mark.usefixtures("no_changes")
def test_nothing_is_recorded_without_grounds(opens: Callable[..., Change], answer: Answer) -> None:
    with pytest.raises(DatabaseError, match=WALL):
        opens(())
    with pytest.raises(DatabaseError, match=WALL):
        answer(())


def test_both_consents_open_an_interview_and_let_a_note_be_kept(
    say: Say, opens: Callable[..., Change], answer: Answer, tables: Tables
) -> None:
    both = (say("guardian"), say("child"))
    opens(both)
    answer(both, "奶奶在家")
    assert [row["text"] for row in tables.table("answers").rows] == ["奶奶在家"]


def _grounds(say: Say, case: str) -> tuple[str, ...]:
    """Return grounds that look like two consents and are none."""
    if case == "events that nobody knows":
        return ("nobody's", "nothing")
    if case == "the guardian's twice":
        return (say("guardian"),) * 2
    if case == "only the child's":
        return (say("child"),)
    if case == "two yeses that are not named":
        return (say("guardian"), say("child"))[:0]
    guardian, child = (_BAD.get((case, actor), {}) for actor in ("guardian", "child"))
    return say(**{"actor": "guardian", **guardian}), say(**{"actor": "child", **child})


_BAD: dict[tuple[str, str], dict[str, Any]] = {
    ("another child's guardian", "guardian"): {"about": "another kid"},
    ("another child", "child"): {"about": "another kid"},
    ("the child in another session", "child"): {"session": "S0"},
    ("the child in no session", "child"): {"session": None},
    ("a carer", "guardian"): {"actor": "carer"},
    ("a carer for the child", "child"): {"actor": "carer", "session": "S1"},
    ("the guardian said no to notes", "guardian"): {"items": NO_NOTES},
    ("the child said no to notes", "child"): {"items": NO_NOTES},
    ("the guardian was not asked", "guardian"): {"items": {}},
    ("the child thinks it over", "child"): {"act": "deferred"},
    ("the guardian declined", "guardian"): {"act": "declined"},
    ("the guardian was informed", "guardian"): {"act": "informed_only"},
}
CASES = [
    *("events that nobody knows", "the guardian's twice", "only the child's", "two yeses that are not named"),
    *(case for case, _ in _BAD),
]


@pytest.mark.parametrize("case", CASES)
def test_what_only_looks_like_two_consents_is_refused(
    say: Say, answer: Answer, opens: Callable[..., Change], tables: Tables, case: str
) -> None:
    grounds = _grounds(say, case)
    for write in (opens, answer):
        with pytest.raises(DatabaseError, match=WALL):
            write(grounds)
    assert [tables.table(name).count for name in ("answers", "interviews")] == [0, 0]


@pytest.mark.parametrize("how", HOWS)
def test_a_note_is_not_replaced_by_one_without_grounds(say: Say, answer: Answer, tables: Tables, how: str) -> None:
    kept = answer((say("guardian"), say("child")))
    columns = ["'[]'" if one.name == "grounds" else one.name for one in tables.table("changes").columns]
    with pytest.raises(DatabaseError, match=WALL):
        tables.execute(f"{how} INTO changes SELECT {', '.join(columns)} FROM changes WHERE id = ?", [kept.id])
    assert log.of_record(tables, kept.record) == [kept]


def test_an_interview_needs_the_yes_to_storing_too(say: Say, opens: Callable[..., Change], answer: Answer) -> None:
    grounds = (say("guardian", items=NO_STORE), say("child"))
    with pytest.raises(DatabaseError, match=WALL):
        opens(grounds)
    answer(grounds)


@pytest.mark.parametrize("actor", ["guardian", "child"])
@pytest.mark.parametrize("act", ["declined", "withdrawn"])
def test_a_no_closes_the_wall_until_the_same_person_lifts_it(say: Say, answer: Answer, actor: str, act: str) -> None:
    both = (say("guardian"), say("child"))
    no = say(actor, act, items={}, session="S0")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say(actor, "reconsented", person="somebody else", lifts=[no])
    say("child" if actor == "guardian" else "guardian", lifts=[no], person=actor)
    say(actor, "declined", items={}, lifts=[no], about="another kid")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say(actor, "reconsented", lifts=[no])
    answer(both)


Links = Callable[..., None]


@pytest.fixture
def links(tables: Tables, pen: Pen) -> Links:
    """Say that two records are one child, or two: `links("kid", "twin", "apart")`."""
    return partial(_link, tables, pen)


def _link(tables: Tables, pen: Pen, first: str, second: str, state: str = "linked") -> None:
    ids = dict(zip(("first", "second"), sorted((first, second)), strict=True))
    log.append_over(tables, pen, Draft("same_child", {**ids, "state": state}, drawer="research/A"))


@pytest.mark.parametrize("relation", ["mother", "father", ""])
def test_a_no_is_taken_back_under_another_record_while_that_is_linked_and_not_otherwise(
    say: Say, answer: Answer, links: Links, relation: str
) -> None:
    """The wall alone: of the child itself, and of a parent, of whom there is one under whichever record."""
    both, actor = (say("guardian"), say("child")), "guardian" if relation else "child"
    no = say(actor, "declined", items={}, person="kid's", relation=relation, session="S0")
    say(actor, "reconsented", about="twin", person="twin's", relation=relation, session="S0", lifts=[no])
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    links("twin", "third")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    links("third", "kid")
    answer(both)
    links("third", "kid", "apart")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


@pytest.mark.parametrize(
    ("no", "yes"),
    [
        ({"relation": "uncle_aunt"}, {"relation": "uncle_aunt"}),
        ({"relation": "adoptive"}, {"relation": "adoptive"}),
        ({"relation": "mother"}, {"relation": "father"}),
        ({}, {}),
        ({"actor": "child"}, {"relation": "mother"}),
        ({"relation": "mother"}, {"actor": "child"}),
        ({"relation": "mother"}, {"relation": "mother", "act": "declined"}),
        ({"relation": "mother"}, {"relation": "mother", "act": "deferred"}),
    ],
)
def test_under_a_linked_record_only_a_yes_of_who_is_known_to_be_the_same_takes_a_no_back(
    say: Say, answer: Answer, links: Links, no: dict[str, str], yes: dict[str, str]
) -> None:
    both = (say("guardian"), say("child"))
    said = say(**{"actor": "guardian", "act": "declined", "items": {}, "person": "kid's", "session": "S0", **no})
    links("kid", "twin")
    lifts = {"actor": "guardian", "act": "reconsented", "person": "twin's", "session": "S0", "lifts": [said], **yes}
    say(**lifts, about="twin")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say(**{**lifts, "actor": no.get("actor", "guardian"), "act": "reconsented", "person": "kid's", **no})
    answer(both)  # whoever said it takes it back where they said it


def test_a_yes_under_a_linked_record_that_was_voided_takes_nothing_back(say: Say, answer: Answer, links: Links) -> None:
    both, no = (say("guardian"), say("child")), say("child", "declined", items={}, session="S0")
    links("kid", "twin")
    yes = say("child", "reconsented", about="twin", lifts=[no])
    answer(both)
    say("child", "voided", items={}, about="twin", voids=[yes])
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


def test_of_a_session_that_was_stopped_and_kept_words_go_and_none_are_added(say: Say, answer: Answer) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家。叔叔也在。")
    others = (say("guardian", "reaffirmed"), say("child", "reaffirmed"))
    say("child", "withdrawn", items={}, scope="stop_keep")

    answer(both, "奶奶在家。")
    refused = [
        (both, "奶奶在家。叔叔也在，他说了。"),
        (both, "奶奶在家。叔叔没在。"),  # as long, and other words
        (others, "奶奶在家。"),
        ((), "奶奶在家。"),
    ]
    for grounds, text in refused:
        with pytest.raises(DatabaseError, match=WALL):
            answer(grounds, text)


@pytest.mark.parametrize(
    "no",
    [
        {"actor": "guardian", "act": "declined"},
        {"actor": "child", "act": "withdrawn", "scope": "stop_keep", "session": "S0"},
        {"actor": "child", "act": "withdrawn", "scope": "stop_discard"},
        {"actor": "child", "act": "withdrawn", "scope": "all"},
    ],
)
def test_under_any_other_no_a_note_is_not_even_shortened(say: Say, answer: Answer, no: dict[str, str]) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家。叔叔也在。")
    say("child", "withdrawn", items={}, scope="stop_keep")
    say(**{"items": {}, **no})
    with pytest.raises(DatabaseError, match=WALL):
        answer(both, "奶奶在家。")


def test_what_was_said_to_another_question_is_no_note_to_shorten(
    say: Say, answer: Answer, tables: Tables, pen: Pen
) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家。叔叔也在。")
    say("child", "withdrawn", items={}, scope="stop_keep")
    said = {"interview": "S1", "question": "P2", "text": "短", "outcome": "answered"}
    with pytest.raises(DatabaseError, match=WALL):
        log.append(tables, pen, Draft("answer", said, subject="kid", session="S1", grounds=both))


@pytest.mark.parametrize("session", ["S1", "elsewhere", ""])
@pytest.mark.parametrize("actor", ["child", "adult_participant"])
def test_who_thinks_about_it_closes_the_wall_of_this_talk_until_their_next_yes(
    say: Say, answer: Answer, actor: str, session: str
) -> None:
    both = (say("guardian"), say("child"))
    thinks = say(actor, "deferred", items={}, session=session)
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say("guardian", "reaffirmed", follows=[thinks])
    say("child", "declined", items={}, about="another kid", follows=[thinks])
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say("child", "reaffirmed", follows=[thinks])
    answer(both)


@pytest.mark.parametrize("what", ["another talk", "a talk on paper", "a guardian", "voided"])
def test_what_puts_another_talk_off_does_not_close_the_wall_of_this_one(say: Say, answer: Answer, what: str) -> None:
    both = (say("guardian"), say("child", entered_on="2026-11-02" if what == "a talk on paper" else None))
    follows = [both[1]] if what == "another talk" else []
    thinks = say("guardian" if what == "a guardian" else "child", "deferred", items={}, session="S2", follows=follows)
    if what == "voided":
        say("child", "voided", items={}, voids=[thinks])
    answer(both)


def test_of_a_session_that_was_stopped_while_they_thought_about_it_words_go_too(say: Say, answer: Answer) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家。叔叔也在。")
    say("child", "deferred", items={})
    with pytest.raises(DatabaseError, match=WALL):
        answer(both, "奶奶在家。叔叔也在。还有。")
    answer(both, "奶奶在家。叔叔")
    say("child", "withdrawn", items={}, scope="stop_keep")

    answer(both, "奶奶在家。")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both, "奶奶在家。叔叔没在，姑姑在。")


@pytest.mark.parametrize("session", ["S1", None])
def test_a_talk_that_the_child_left_stays_closed_when_it_comes_back(
    say: Say, answer: Answer, session: str | None
) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家。叔叔也在。")
    out = say("child", "withdrawn", items={}, scope="stop_keep", session=session)
    say("child", "reconsented", session="S2", follows=[out], lifts=[out])
    with pytest.raises(DatabaseError, match="a talk that the participant left"):
        answer(both, "奶奶在家。叔叔也在，他说了。")
    answer(both, "奶奶在家。")  # what the child takes back goes


@pytest.mark.parametrize(("scope", "asker", "ended"), [("stop_keep", "child", True), ("quote", "child", False)])
def test_a_talk_that_the_child_left_by_a_notice_stays_closed_too(
    say: Say, answer: Answer, tables: Tables, pen: Pen, scope: str, asker: str, ended: bool
) -> None:
    both = (say("guardian"), say("child"))
    log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
    notice = log.append(tables, pen, Draft("notice", {"code": "kid", "scope": scope, "requested_by": asker}))
    say("child", "reconsented", session="S2", follows=[notice.record], lifts=[notice.record])
    if ended:
        with pytest.raises(DatabaseError, match="a talk that the participant left"):
            answer(both)
        say("child", "voided", voids=[notice.record])
    answer(both)


@pytest.mark.parametrize("why", ["another talk", "voided", "known", "on paper"])
def test_a_talk_that_the_child_did_not_leave_stays_open(say: Say, answer: Answer, why: str) -> None:
    both = (say("guardian"), say("child", entered_on="2026-11-02" if why == "on paper" else None))
    out = say("child", "withdrawn", items={}, scope="stop_keep", session="S0" if why == "another talk" else None)
    if why == "voided":
        say("child", "voided", items={}, voids=[out])
    else:
        say("child", "reconsented", session="S1" if why == "known" else "S2", follows=[out], lifts=[out])
    answer(both)


def test_one_no_does_not_lift_another(say: Say, answer: Answer) -> None:
    both = (say("guardian"), say("child"))
    no = say("guardian", "declined", items={})
    later = say("guardian", "withdrawn", items={}, lifts=[no])
    say("guardian", "reconsented", lifts=[later])
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


def test_a_no_that_a_coordinator_voided_closes_nothing(say: Say, answer: Answer) -> None:
    both = (say("guardian"), say("child"))
    no = say("guardian", "declined", items={})
    say("coordinator", "voided", items={}, voids=[no])
    answer(both)


def test_a_carers_no_is_not_a_guardians(say: Say, answer: Answer) -> None:
    both = (say("guardian"), say("child"))
    say("carer", "declined", items={})
    answer(both)


@pytest.mark.parametrize("voided", [0, 1])
def test_voided_grounds_are_none(say: Say, answer: Answer, voided: int) -> None:
    both = (say("guardian"), say("child"))
    say("coordinator", "voided", items={}, voids=[both[voided]])
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


@pytest.mark.parametrize("act", ["given", "declined", "informed_only"])
def test_only_an_event_that_voids_and_does_nothing_else_voids(say: Say, answer: Answer, act: str) -> None:
    both = (say("guardian"), say("child"))
    say("carer", act, items={}, voids=list(both))
    answer(both)


def test_a_yes_that_was_voided_lifts_nothing(say: Say, answer: Answer) -> None:
    both = (say("guardian"), say("child"))
    no = say("guardian", "declined", items={})
    lifting = say("guardian", "reconsented", lifts=[no])
    say("coordinator", "voided", items={}, voids=[lifting])
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


def test_a_second_change_to_an_event_is_no_ground_and_lifts_nothing(
    say: Say, answer: Answer, tables: Tables, pen: Pen, form: str
) -> None:
    both, no = (say("guardian"), say("child")), say("guardian", "declined", items={})
    said = {"actor": "guardian", "person": "guardian", "act": "given", "items": {"notes": "yes"}, "lifts": [no]}
    added = log.append(tables, pen, Draft("consent_event", said, record=no, subject="kid"))
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say("guardian", "reconsented", lifts=[no])
    with pytest.raises(DatabaseError, match=WALL):
        answer((added.id, both[1]))
    answer(both)


@pytest.mark.parametrize("code", ["kid", "ZK-A03-001", "zk-a03-001", "小河", "Creek"])
def test_a_notice_of_withdrawal_closes_the_wall(say: Say, answer: Answer, tables: Tables, pen: Pen, code: str) -> None:
    both = (say("guardian"), say("child"))
    child = {"case_code": "ZK-A03-001", "pseudonym_zh": "小河", "pseudonym_en": "Creek"}
    log.append(tables, pen, Draft("participant", child, record="kid", subject="kid"))
    answer(both)
    log.append(tables, pen, Draft("notice", {"code": code, "scope": "all", "requested_by": "guardian"}))
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


def test_a_notice_that_was_declared_void_closes_nothing_any_more(
    say: Say, answer: Answer, tables: Tables, pen: Pen
) -> None:
    both = (say("guardian"), say("child"))
    log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
    notice = log.append(tables, pen, Draft("notice", {"code": "kid", "scope": "all", "requested_by": "guardian"}))
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)
    say("guardian", "voided", voids=[notice.record])
    answer(both)


@pytest.mark.parametrize(("asker", "lifted"), [("child", True), ("guardian", False), ("both", False)])
def test_a_stop_that_came_as_the_childs_notice_is_taken_back_by_the_child_alone(
    say: Say, answer: Answer, tables: Tables, pen: Pen, asker: str, *, lifted: bool
) -> None:
    log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
    facts = {"code": "kid", "scope": "stop_keep", "requested_by": asker}
    notice = log.append(tables, pen, Draft("notice", facts))
    with pytest.raises(DatabaseError, match=WALL):
        answer((say("guardian", lifts=[notice.record]), say("child")))
    both = (say("guardian"), say("child", lifts=[notice.record]))
    if lifted:
        answer(both)
    else:
        with pytest.raises(DatabaseError, match=WALL):
            answer(both)


@pytest.fixture
def born(tables: Tables, pen: Pen) -> Callable[[str], None]:
    """Write down when the child was born: `born("2000-05")`; nothing where nobody knows."""

    def _born(day: str) -> None:
        log.append_over(tables, pen, Draft("identity", {"birth_date": day}, record="who", subject="kid"))

    return _born


OWN = ("adult_participant",)


@pytest.mark.parametrize("day", ["2014-05", "", "someday"])
def test_a_guardians_no_counts_of_whom_no_date_says_that_they_are_grown(
    say: Say, answer: Answer, born: Callable[[str], None], day: str
) -> None:
    """A wrong clock made a grown-up of a child: `rules` sees it by the age group, the wall by the date."""
    born(day)
    grounds = (say(*OWN, session="S1"), say("guardian"), say("child"))
    for alone in ((grounds[0],), grounds[:2], (grounds[0], grounds[2])):
        with pytest.raises(DatabaseError, match=WALL):
            answer(alone)
    answer(grounds)
    say("guardian", "declined")
    with pytest.raises(DatabaseError, match=WALL):
        answer(grounds)


@pytest.mark.parametrize("day", ["2000-05", "2000-05-09", "2000", "2000年5月"])
def test_a_guardians_earlier_no_does_not_stop_who_is_grown_by_now(
    say: Say, answer: Answer, born: Callable[[str], None], day: str
) -> None:
    born(day)
    own = (say(*OWN, session="S1"),)
    answer(own)
    say("guardian", "declined")
    say("child", "declined", session="S0")
    answer(own)


def test_who_is_grown_by_the_group_of_the_first_day_needs_no_birth_date(
    say: Say, answer: Answer, tables: Tables, pen: Pen
) -> None:
    first = {"registered_on": "2016-05-01", "age_group": "a12_13"}
    say("guardian", "declined")
    own = (say(*OWN, session="S1"),)
    with pytest.raises(DatabaseError, match=WALL):
        answer(own)
    log.append(tables, pen, Draft("participant", first, record="kid", subject="kid"))
    answer(own)


def test_a_birth_date_that_was_put_right_lets_a_guardians_no_count_again(
    say: Say, answer: Answer, born: Callable[[str], None]
) -> None:
    born("2000-05")
    say("guardian", "declined")
    own = (say(*OWN, session="S1"),)
    answer(own)
    born("2014-05")
    with pytest.raises(DatabaseError, match=WALL):
        answer(own)


def test_a_clock_that_is_years_ahead_makes_nobody_grown(
    say: Say, answer: Answer, born: Callable[[str], None], tables: Tables, pen: Pen
) -> None:
    born("2014-05")
    ahead = replace(pen, clock=Clock(ahead=timedelta(days=365 * 20)))
    said = {"actor": OWN[0], "act": "given", "session": "S1", "items": {"notes": "yes"}, "form_text_hash": "the text"}
    own = log.append(tables, ahead, Draft("consent_event", said, subject="kid")).id
    note = {"interview": "S1", "question": "P1", "text": "x"}
    with pytest.raises(DatabaseError, match=WALL):
        log.append(tables, ahead, Draft("answer", note, subject="kid", session="S1", grounds=(own,)))


@pytest.mark.parametrize(
    "no",
    [
        {"actor": "adult_participant", "act": "declined"},
        {"actor": "adult_participant", "act": "withdrawn", "scope": "stop_keep"},
        {"actor": "guardian", "act": "withdrawn", "scope": "all"},
        {"actor": "child", "act": "withdrawn", "scope": "all"},
    ],
)
def test_their_own_no_and_a_childs_withdrawal_stop_who_is_grown_too(
    say: Say, answer: Answer, born: Callable[[str], None], no: dict[str, str]
) -> None:
    born("2000-05")
    own = (say(*OWN, session="S1"),)
    answer(own)
    say(**no)
    with pytest.raises(DatabaseError, match=WALL):
        answer(own, "后来说的，比前面的长。")


def test_who_is_grown_and_said_yes_in_another_session_is_stopped_by_a_guardians_no(
    say: Say, answer: Answer, born: Callable[[str], None]
) -> None:
    born("2000-05")
    both = (say(*OWN, session="S0"), say("guardian"), say("child"))
    answer(both)
    say("guardian", "declined")
    with pytest.raises(DatabaseError, match=WALL):
        answer(both)


@pytest.mark.parametrize(("said_no", "says_yes"), [("adult_participant", "child"), ("child", "adult_participant")])
def test_what_they_refused_as_a_child_or_as_a_grown_up_they_themselves_take_back(
    say: Say, answer: Answer, born: Callable[[str], None], said_no: str, says_yes: str
) -> None:
    born("2000-05" if says_yes == "adult_participant" else "2014-05")
    no = say(said_no, "declined", items={}, person="kid", session="S0")
    grounds = (say("guardian"), say(says_yes, session="S1", person="kid"))
    if says_yes == "child":
        with pytest.raises(DatabaseError, match=WALL):
            answer(grounds)
        say("guardian", "reconsented", person="kid", lifts=[no])
        with pytest.raises(DatabaseError, match=WALL):
            answer(grounds)
    lifting = say(says_yes, "reconsented", session="S1", person="kid", lifts=[no])
    answer((grounds[0], lifting))


def test_what_comes_from_elsewhere_passes_and_is_held(tables: Tables, pen: Pen) -> None:
    change = log._change(tables, pen, Draft("answer", {"interview": "S1", "question": "P1", "text": "x"}))
    log.insert(tables, change, change.encoded(), batch="stick", block=None)
    log.settle(tables, [change])
    assert standing.held(tables)(change)
    assert tables.table("answers").count == 0


@pytest.mark.parametrize("how", HOWS)
def test_a_row_of_state_without_its_change_is_refused(tables: Tables, how: str) -> None:
    for kind in KINDS.values():
        with pytest.raises(DatabaseError, match="state without its change"):
            tables.execute(f"{how} INTO {kind.table} (id) VALUES ('out of nowhere')")


def test_the_wall_is_told_as_a_refusal(db: Database, pen: Pen) -> None:
    with pytest.raises(WallBroken), db.writing() as tables:
        log.append(tables, pen, Draft("interview", {}, record="S1", subject="kid", session="S1"))


def test_every_gated_kind_has_its_wall(tables: Tables) -> None:
    walls = {row[0] for row in tables.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    assert {f"{kind.name}_needs_consent" for kind in KINDS.values() if kind.needs} <= walls


def test_a_wall_looks_for_a_no_in_an_index_however_much_a_child_said(tables: Tables) -> None:
    asked = "SELECT 1 FROM in_force WHERE subject = 'kid' AND act IN ('declined', 'withdrawn')"
    plan = [str(step[-1]) for step in tables.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert plan[0] == "SEARCH changes USING INDEX changes_said (subject=? AND <expr>=?)"


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["guardian", "child", "carer"]),
        st.sampled_from(["given", "reconsented", "declined", "withdrawn", "voided", "deferred"]),
        st.sampled_from(["S1", "S2"]),
        st.sampled_from(["mother", "father"]),
        st.sampled_from(["yes", "no", "not_asked"]),
        st.sets(st.integers(0, 5), max_size=2),
        st.sets(st.integers(0, 5), max_size=1),
        st.sets(st.integers(0, 5), max_size=2),
    ),
    min_size=1,
    max_size=6,
)
BOTH: list[Any] = [(actor, "given", "S1", "mother", "yes", set(), set(), set()) for actor in ("guardian", "child")]
AWAY: list[Any] = [
    *BOTH,
    ("child", "withdrawn", "S1", "mother", "not_asked", set(), set(), set()),
    ("child", "reconsented", "S2", "mother", "yes", {2}, set(), {2}),
]
NAMED = st.just({0, 1}) | st.sets(st.integers(0, 5), min_size=2, max_size=3)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([[], BOTH, AWAY]), EVENTS, NAMED)
def test_the_wall_agrees_with_the_rules_about_every_history(
    wall: Callable[..., tuple[bool, bool]], begun: list[Any], events: list[Any], named: set[int]
) -> None:
    stopped, expected = wall([*begun, *events], named)
    assert stopped == expected


TWICE = st.lists(
    st.tuples(
        st.sampled_from(["kid", "twin"]),
        st.sampled_from(["child", "mother", "father", "uncle_aunt"]),
        st.sampled_from(["given", "reconsented", "declined", "withdrawn", "deferred"]),
        st.sampled_from(["S1", "S2"]),
        st.sets(st.integers(0, 7), max_size=2),
        st.sets(st.integers(0, 7), max_size=2),
    ),
    min_size=1,
    max_size=6,
)
PAIR: list[Any] = [("kid", who, "given", "S1", set(), set()) for who in ("mother", "child")]


@settings(max_examples=150, deadline=None)
@given(TWICE, st.booleans())
def test_the_wall_agrees_with_the_rules_about_what_is_taken_back_under_a_linked_record(
    wall: Callable[..., tuple[bool, bool]], events: list[Any], linked: bool
) -> None:
    stopped, expected = wall([*PAIR, *events], {0, 1}, _stopped_twice if linked else _stopped_apart)
    assert stopped == expected


@pytest.fixture(scope="session")
def wall(empty_store: Path, store_key: bytes) -> Iterator[Callable[..., tuple[bool, bool]]]:
    """Write a history of events and a note on the grounds named; tell whether wall and rules stop the note."""
    db = Database(empty_store, store_key)
    pen = Pen("li", "L1", "A", Clock())

    def _wall(
        events: list[Any], named: set[int], write: Callable[..., tuple[bool, bool]] = _stopped
    ) -> tuple[bool, bool]:
        with suppress(Undone), db.writing() as tables:
            answers.append(write(tables, pen, events, named))
            raise Undone
        return answers.pop()

    answers: list[tuple[bool, bool]] = []
    yield _wall
    db.close()


def _stopped(tables: Tables, pen: Pen, events: list[Any], named: set[int]) -> tuple[bool, bool]:
    ids: list[str] = []
    for actor, act, session, person, item, lifts, voids, follows in events:
        said = {
            "actor": actor,
            "act": act,
            "session": session,
            "person": person,
            "form_text_hash": "text",
            "items": {"notes": item},
            "lifts": _those(ids, lifts),
            "voids": _those(ids, voids),
            "follows": _those(ids, follows),
        }
        ids.append(log.append(tables, pen, Draft("consent_event", said, subject="kid")).id)
    known = {event.id: event for event in standing.events(tables, "kid")}
    grounds = tuple(_those(ids, named))
    heard = [*known.values()]
    refused = consent.open_noes(heard) or consent.thinks_in(heard, "S1") or consent.left(heard, "S1")
    expected = consent.valid_pair(known, grounds, ("notes",), "S1", {"text"}) and not refused
    return _notes(tables, pen, grounds), not expected


def _stopped_twice(tables: Tables, pen: Pen, events: list[Any], named: set[int]) -> tuple[bool, bool]:
    _link(tables, pen, "kid", "twin")
    return _stopped_apart(tables, pen, events, named)


def _stopped_apart(tables: Tables, pen: Pen, events: list[Any], named: set[int]) -> tuple[bool, bool]:
    """The same of a child that has two records, of whose noes the wall looks at those under its own."""
    ids: list[str] = []
    for about, who, act, session, lifts, follows in events:
        own = {"actor": "child", "person": about}
        guardian = {"actor": "guardian", "person": f"{who} of {about}", "relation": who}
        said = {**(own if who == "child" else guardian), "act": act, "session": session, "form_text_hash": "text"}
        said |= {"items": {"notes": "yes"}, "lifts": _those(ids, lifts), "follows": _those(ids, follows)}
        ids.append(log.append(tables, pen, Draft("consent_event", said, subject=about)).id)
    known = {event.id: event for event in standing.events(tables, "kid")}
    grounds, heard = tuple(_those(ids, named)), [*known.values()]
    refused = known.keys() & {no.id for no in consent.open_noes(standing.binding(tables, "kid"))}
    goes_on = not (consent.thinks_in(heard, "S1") or consent.left(heard, "S1"))
    expected = consent.valid_pair(known, grounds, ("notes",), "S1", {"text"}) and not refused and goes_on
    return _notes(tables, pen, grounds), not expected


def _notes(tables: Tables, pen: Pen, grounds: tuple[str, ...]) -> bool:
    """Write a note on *grounds*; tell whether the wall stops it."""
    said = {"interview": "S1", "question": "P1", "text": "x"}
    draft = Draft("answer", said, subject="kid", session="S1", grounds=grounds)
    try:
        log.append(tables, pen, draft)
    except DatabaseError:
        return True
    return False


def _those(ids: list[str], places: set[int]) -> list[str]:
    return [ids[place] for place in sorted(places) if place < len(ids)]


def test_an_answer_keeps_its_natural_id(say: Say, answer: Answer) -> None:
    assert answer((say("guardian"), say("child"))).record == natural_id("answer", "S1", "P1")


NEEDED = dict.fromkeys(("participate", "notes", "store"), "yes")
ALLOWS, REFUSES = ({**NEEDED, "recontact": word} for word in ("yes", "no"))


@pytest.fixture
def heard(tables: Tables, pen: Pen) -> Callable[..., None]:
    """Let a talk with the child have ended: `heard("core")`."""

    def _heard(completion: str = "full", about: str = "kid", day: str = "2026-11-20") -> None:
        told = {"interview": f"{about}'s first", "completion": completion, "ended_on": day}
        log.append_over(tables, pen, Draft("closing", told, subject=about, session=f"{about}'s first"))

    return _heard


@pytest.mark.parametrize("items", [REFUSES, NEEDED])
@pytest.mark.parametrize("completion", ["full", "core"])
def test_who_was_heard_is_not_heard_again_without_a_guardians_yes_to_re_contact(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None], completion: str, items: dict[str, str]
) -> None:
    both = (say("guardian", items=items), say("child"))
    heard(completion)
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)
    anew = say("guardian", items=ALLOWS, follows=[both[0]])
    opens((anew, both[1]))


@pytest.mark.parametrize("told", [{"completion": "partial_other"}, {"completion": "rescheduled"}, {"day": ""}])
def test_a_talk_that_was_not_held_to_its_end_needs_no_re_contact(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None], told: dict[str, str]
) -> None:
    both = (say("guardian", items=REFUSES), say("child"))
    heard(**told)
    opens(both)


def test_every_guardians_last_word_on_re_contact_counts(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None]
) -> None:
    both = (say("guardian", items=ALLOWS), say("child"))
    heard()
    fathers = say("guardian", items=REFUSES, person="father")
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)
    say("guardian", "limited", items={"recontact": "no"}, person="father", follows=[fathers])
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)
    say("guardian", "voided", items={}, person="father", voids=[fathers])
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)


def test_a_re_contact_that_was_taken_back_closes_the_wall_and_a_new_yes_opens_it(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None]
) -> None:
    both = (say("guardian", items=ALLOWS), say("child"))
    heard()
    taken = say("guardian", "limited", items={"recontact": "no"}, follows=[both[0]])
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)
    anew = say("guardian", items=ALLOWS, follows=[both[0], taken])
    opens((anew, both[1]))


def test_a_notice_against_re_contact_counts_until_it_is_declared_void(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None], tables: Tables, pen: Pen
) -> None:
    both = (say("guardian", items=ALLOWS), say("child"))
    log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
    told = {"code": "ZK-A03-001", "scope": "recontact", "requested_by": "guardian"}
    notice = log.append(tables, pen, Draft("notice", told, drawer="notices")).id
    heard()
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)
    say("guardian", "voided", items={}, voids=[notice])
    opens(both)


def test_a_talk_under_another_record_of_the_child_counts_while_that_is_linked(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None], links: Links
) -> None:
    both = (say("guardian", items=REFUSES), say("child"))
    heard(about="twin")
    links("kid", "twin")
    with pytest.raises(DatabaseError, match=WALL):
        opens(both)
    links("kid", "twin", "apart")
    opens(both)


def test_who_decides_alone_needs_no_guardians_yes_to_re_contact(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None], born: Callable[[str], None]
) -> None:
    say("guardian", items=REFUSES)
    own = (say(*OWN, session="S1", items=REFUSES),)
    heard()
    with pytest.raises(DatabaseError, match=WALL):
        opens(own)
    born("2000-05")
    opens(own)


def test_a_sheet_and_a_talk_that_runs_are_not_stopped_by_a_no_to_re_contact(
    say: Say, opens: Callable[..., Change], heard: Callable[..., None], tables: Tables, pen: Pen
) -> None:
    both = (say("guardian", items=REFUSES), say("child"))
    opens(both)
    heard()
    drafted = Draft("interview", {"mode": "core"}, record="S1", grounds=both, subject="kid", session="S1")
    log.append_over(tables, pen, drafted)
    other = say("child", session="S2")
    sheet = {"interviewer": "li", "entered_on": "2026-11-24", "started_on": "2026-11-10"}
    named = (both[0], other)
    log.append(tables, pen, Draft("interview", sheet, record="S2", subject="kid", session="S2", grounds=named))
