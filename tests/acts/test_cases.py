"""A list reads of each child only what decides: it has to say the same as the child's own page, whatever was said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.acts import cases, people
from fieldkit.acts.cases import Case
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock, new_id
from fieldkit.errors import NotFound
from fieldkit.records import Change
from fieldkit.rules import consent, states
from fieldkit.rules.consent import Event
from fieldkit.store import log, rebuild, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
ACTS = ("given", "given", "reaffirmed", "reconsented", "declined", "withdrawn", "deferred", "voided", "informed")
SAID = st.fixed_dictionaries(
    {
        "actor": st.sampled_from(["child", "child", "child", "guardian", "adult_participant", "carer"]),
        "act": st.sampled_from(ACTS),
        "items": st.sampled_from([("yes", "yes", "yes"), ("yes", "yes", "yes"), ("yes", "no", "yes"), ()]),
        "session": st.sampled_from(["S1", "S2", "S3", ""]),
        "today": st.booleans() | st.just(value=False),
        "names": st.sampled_from(["", "", "follows", "lifts", "voids"]),
        "which": st.integers(0, 9),
        "held": st.booleans(),
    }
)


class Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


@contextmanager
def scratch(desk: Desk) -> Iterator[Tables]:
    """A transaction that is taken back."""
    with suppress(Undone), desk.db.writing() as tables:
        yield tables
        raise Undone


def say(
    desk: Desk, tables: Tables, subject: str, pattern: dict[str, Any], one: dict[str, Any], known: list[str]
) -> str:
    names = {one["names"]: [known[one["which"] % len(known)]]} if one["names"] and known else {}
    items = dict(zip(("participate", "notes", "store"), one["items"], strict=False))
    said = {"actor": one["actor"], "act": one["act"], "session": one["session"], "items": items, **names}
    said |= {"day": desk.today if one["today"] else "2026-01-05", "person": one["actor"], "scope": "stop_keep"}
    draft = Draft("consent_event", {**pattern, **said}, subject=subject, session=one["session"] or None)
    return log.append(tables, desk.pen, draft).id


def hold(desk: Desk, tables: Tables, subject: str, one: dict[str, Any], grounds: tuple[str, ...]) -> None:
    """Another laptop brought the interview of a session: nothing here could refuse it."""
    facts = {"started_on": desk.today if one["today"] else "2026-01-05", "interviewer": desk.me.code}
    tick = tables.execute("SELECT max(tick) + ? FROM changes", [one["which"] % 3]).fetchone()[0]
    session = one["session"] or "S0"
    change = Change(
        id=new_id(),
        author="yu",
        device="L2",
        tick=tick,
        wall="2026-01-05T09:00:00+08:00",
        drawer=f"research/{desk.device.team}",
        kind="interview",
        record=session,
        set=facts,
        grounds=grounds,
        subject=subject,
        session=session,
    )
    log.insert(tables, change, change.encoded(), batch="stick", block=None)
    log.settle(tables, [change])


def both(desk: Desk, tables: Tables, subject: str) -> tuple[Case, Case]:
    return cases.in_short(desk, tables, subject), cases.case_within(desk, tables, subject)


def alike(one: Case) -> tuple[Case, list[Event], bool]:
    """Leave out what a list does not read: the number says how much there is, and of what binds what it comes to."""
    agreed = consent.guardians_ok(one.binding, consent.NECESSARY)
    return replace(one, events=[], binding=[], interviews=one.interviews[-1:]), consent.open_noes(one.binding), agreed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(SAID, max_size=9))
def test_a_list_says_of_every_child_what_their_page_says(
    desks: Desks, consented: str, history: list[dict[str, Any]]
) -> None:
    desk = replace(desks["interviewer"], clock=Clock(timedelta(days=1)))  # the parent said yes the day before
    with scratch(desk) as tables:
        first = standing.events(tables, consented)[0].id
        pattern, known = dict(log.of_record(tables, first)[0].set), [first]
        for one in history:
            known.append(say(desk, tables, consented, pattern, one, known))
            if one["held"]:
                hold(desk, tables, consented, one, (first, known[-1]))
        with suppress(NotFound):
            short, whole = both(desk, tables, consented)
            assert alike(short) == alike(whole)
        assert "tallies: differ" not in rebuild.differences(tables)


@pytest.mark.parametrize("times", [1, 4])
def test_of_yeses_that_say_the_same_a_list_reads_the_last_one(desks: Desks, consented: str, times: int) -> None:
    desk = replace(desks["interviewer"], clock=Clock(timedelta(days=1)))
    yes = {"actor": "child", "act": "given", "items": ("yes",) * 3, "today": False, "names": "", "which": 0}
    with scratch(desk) as tables:
        first = standing.events(tables, consented)[0].id
        pattern = dict(log.of_record(tables, first)[0].set) | {"lifts": [], "follows": []}
        said = [say(desk, tables, consented, pattern, yes | {"session": f"S{n}"}, []) for n in range(times)]
        short, whole = both(desk, tables, consented)
        assert [one.id for one in whole.events] == [first, *said]
        assert [one.id for one in short.events] == [first, said[-1]]


def test_which_records_are_one_child_is_read_once_for_a_whole_list(desks: Desks, consented: str) -> None:
    desk, heard = replace(desks["interviewer"], clock=Clock(timedelta(days=1))), list[str]()
    with scratch(desk) as tables:
        tables.conn.set_trace_callback(heard.append)
        cases.in_short(desk, tables, consented)
        tables.conn.set_trace_callback(None)
    assert sum("FROM linked_children" in one for one in heard) == 1


def test_where_the_guardians_consent_stands_is_worked_out_once_for_each_child(
    desks: Desks, consented: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, work_out = list[Any](), states.guardian

    def worked_out(*told: Any) -> str:
        asked.append(told)
        return work_out(*told)

    monkeypatch.setattr(states, "guardian", worked_out)
    assert [one.id for one in people.listing(desks["interviewer"])] == [consented]
    assert len(asked) == 1


@pytest.mark.parametrize("state", [states.NOT_SOUGHT, states.INFORMED])
def test_before_anybody_has_answered_no_sheet_can_be_there_to_type_in(desks: Desks, child: str, state: str) -> None:
    assert not replace(people.case(desks["interviewer"], child), consent=state).may_have_paper


def test_whatever_was_answered_a_sheet_may_be_there_to_type_in(desks: Desks, child: str) -> None:
    one = people.case(desks["interviewer"], child)

    assert all(replace(one, consent=state).may_have_paper for state in (states.GIVEN, states.DECLINED, states.LAPSED))
