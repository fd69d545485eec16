"""What becomes of an interview that the child stopped, once nobody can undo it any more: kept and closed, or erased."""

from __future__ import annotations

from dataclasses import replace

from fieldkit.acts import interviews, wishes, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.records import Value
from fieldkit.rules import elapsed as counters
from fieldkit.rules.closings import STOPPED
from fieldkit.rules.consent import STOP_DISCARD, STOP_KEEP
from fieldkit.rules.moments import VERY_UPSET
from fieldkit.store import aftercare, elapsed, histories, log, machine, queues, replica, stops
from fieldkit.store import wishes as waiting
from fieldkit.store.aftercare import Aftercare
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.store.stops import Stop


def carry_out(desk: Desk, tables: Tables, interview: str, found: Stop) -> None:
    """What the child chose holds, also where a stick has meanwhile brought what hides or holds back the interview."""
    stops.drop(tables, interview)
    desk = replace(desk, me=machine.everybody(tables).users.get(found.author, desk.me))  # whoever looks in later
    that_day = interviews.paper_day(tables, interview)
    if found.choice == STOP_DISCARD:
        _keep_aftercare(desk, tables, interview, found.subject)
        erase(desk, tables, interview)
        stops.forget_decided(tables, interview)
    else:
        stops.decide(tables, interview, STOP_KEEP, found.mark)
        wishes.met(tables, interview, STOP_KEEP)
        _close(desk, tables, interview, found.subject, that_day)
    if that_day:
        withdrawals.on_paper(desk, tables, found.subject, interview, that_day, found.choice)
    else:
        withdrawals.by_child(desk, tables, found.subject, interview, found.choice)


def _keep_aftercare(desk: Desk, tables: Tables, interview: str, subject: str) -> None:
    """Who was very upset is asked how they are, also where nothing of the talk is to stay (`domain.md` §3.9)."""
    session = log.of_session(tables, interview, desk.device.id)
    opened = next((one.set for one in session if one.kind == "interview" and one.set.get("started_on")), None)
    if opened and any(one.set.get("what") == VERY_UPSET for one in session):
        kept = Aftercare(subject, opened.get("interviewer", desk.me.code), opened["started_on"])
        aftercare.keep(tables, interview, kept)


def erase(desk: Desk, tables: Tables, interview: str) -> None:
    """Erase all that this laptop wrote in the session; consent and its trace stay (`domain.md` §3.6).

    The memos about it go too, whoever wrote them here and shared or not: a memo about a talk can hold the child's
    words, no program can tell, and of this talk nothing was to be kept. They would lie at an interview that is gone.
    """
    session = log.of_session(tables, interview, desk.device.id)
    words = [one for one in session if one.drawer.startswith("research/")]
    replica.erase(tables, [*words, *histories.memos_about(tables, interview, desk.device.id)])
    elapsed.drop(tables, interview)
    queues.drop(tables, interview)
    waiting.drop_all(tables, interview)
    desk.db.leave_no_trace()


def _close(desk: Desk, tables: Tables, interview: str, subject: str, that_day: str) -> None:
    """Day and minutes of an interview that had ended before stay those of its end; *that_day*: of its paper."""
    facts: dict[str, Value] = {"interview": interview, "completion": STOPPED}
    if not interviews.ended(tables, interview):
        facts |= {"ended_on": that_day or interviews.today(desk, interview)}
        if not that_day:
            facts |= {"duration_ms": elapsed.keep(tables, interview, desk.clock, counters.end)}
    log.append_over(tables, desk.pen, Draft("closing", facts, subject=subject, session=interview))
