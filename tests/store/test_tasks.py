"""What waits, in the store: nobody else's, of no child who withdrew, the oldest first, and gone once it is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.records import Value
from fieldkit.rules.moments import VERY_UPSET
from fieldkit.rules.notes import DOUBTED
from fieldkit.store import aftercare, log, tasks
from fieldkit.store.aftercare import Aftercare
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen
from fieldkit.store.people import Row

Held = Callable[..., None]
Keep = Callable[..., None]
Found = Callable[[Tables, str, int], tuple[list[Row], int]]
TODAY = "2026-11-25"


def never_ended(tables: Tables, interviewer: str, most: int) -> tuple[list[Row], int]:
    return tasks.never_ended(tables, interviewer, TODAY, most)


@pytest.fixture
def keep(tables: Tables, pen: Pen) -> Keep:
    """Write down what belongs to an interview: `keep(kind, interview, its facts)`."""

    def _keep(kind: str, interview: str, grounds: tuple[str, ...] = (), **facts: Value) -> None:
        said, child = {"interview": interview, **facts}, f"child of {interview}"
        log.append_over(tables, pen, Draft(kind, said, subject=child, session=interview, grounds=grounds))

    return _keep


@pytest.fixture
def held(tables: Tables, pen: Pen, say: Callable[..., str], keep: Keep) -> Held:
    """An interview by li, with one note, in which the child was very upset: `held(interview, day)`."""

    def _held(interview: str, day: str, text: str = "奶奶在家") -> None:
        subject = f"child of {interview}"
        child = Draft("participant", {"case_code": f"ZK-A03-{interview}"}, record=subject, subject=subject)
        log.append(tables, pen, child)
        both = (say("guardian", about=subject), say("child", about=subject, session=interview))
        facts = {"interviewer": "li", "started_on": day}
        place = {"record": interview, "subject": subject, "session": interview}
        log.append(tables, pen, Draft("interview", facts, grounds=both, **place))  # type: ignore[arg-type]
        keep("answer", interview, both, question="P1", text=text, outcome="answered")
        keep("moment", interview, both, what=VERY_UPSET)

    return _held


ALL = pytest.mark.parametrize(
    "waiting", [tasks.without_memo, never_ended, tasks.with_doubted_words, tasks.unseen_since_upset]
)


@ALL
def test_what_another_interviewer_has_to_do_is_not_told(tables: Tables, held: Held, waiting: Found) -> None:
    held("001", "2026-11-20", DOUBTED)

    assert waiting(tables, "wang", 5) == ([], 0)
    assert waiting(tables, "li", 5)[1] == 1


@ALL
def test_of_a_child_who_withdrew_nothing_waits(
    tables: Tables, held: Held, say: Callable[..., str], waiting: Found
) -> None:
    held("001", "2026-11-20", DOUBTED)
    say("guardian", "withdrawn", about="child of 001", items={}, scope="all")

    assert waiting(tables, "li", 5) == ([], 0)


@ALL
def test_the_oldest_are_read_and_all_are_counted(tables: Tables, held: Held, waiting: Found) -> None:
    for interview, day in (("003", "2026-11-22"), ("002", "2026-11-20"), ("001", "2026-11-20")):
        held(interview, day, f"俺老外{DOUBTED}来送伞")

    rows, total = waiting(tables, "li", 2)
    assert ([(row["id"], row["started_on"]) for row in rows], total) == (
        [("001", "2026-11-20"), ("002", "2026-11-20")],
        3,
    )


def test_a_memo_that_another_wrote_does_not_count(tables: Tables, held: Held, keep: Keep) -> None:
    held("001", "2026-11-20")
    keep("memo", "001", interviewer="wang", day=TODAY)
    assert tasks.without_memo(tables, "li", 5)[1] == 1

    keep("memo", "001", interviewer="li", day=TODAY)
    assert tasks.without_memo(tables, "li", 5) == ([], 0)


def test_what_goes_on_today_is_not_told_and_what_ended_neither(tables: Tables, held: Held, keep: Keep) -> None:
    held("001", TODAY)
    held("002", "2026-11-24")
    keep("closing", "002", setting="home")  # ticked, but not ended
    assert [row["id"] for row in never_ended(tables, "li", 5)[0]] == ["002"]

    keep("closing", "002", ended_on="2026-11-24")
    assert never_ended(tables, "li", 5) == ([], 0)


def test_of_doubted_words_the_first_question_is_named(tables: Tables, held: Held, keep: Keep) -> None:
    held("001", "2026-11-20")
    assert tasks.with_doubted_words(tables, "li", 5) == ([], 0)
    grounds = log.of_record(tables, "001")[0].grounds
    for question in ("P3", "P2"):
        keep("answer", "001", grounds, question=question, text=f"俺老外{DOUBTED}", outcome="answered")

    (row,), total = tasks.with_doubted_words(tables, "li", 5)
    assert (row["question"], total) == ("P2", 1)


def test_of_a_talk_that_is_gone_the_reminder_stands_among_the_others_and_goes_with_its_child(
    tables: Tables, held: Held
) -> None:
    for interview, day in (("001", "2026-11-20"), ("003", "2026-11-22")):
        held(interview, day)
    aftercare.keep(tables, "gone", Aftercare("child of 003", "li", "2026-11-21"))

    rows, total = tasks.unseen_since_upset(tables, "li", 2)
    assert ([(row["id"], row["started_on"]) for row in rows], total) == (
        [("001", "2026-11-20"), ("003", "2026-11-22")],
        2,
    ), "there was a talk since"
    aftercare.keep(tables, "gone", Aftercare("child of 001", "li", "2026-11-20"))
    aftercare.keep(tables, "gone too", Aftercare("child of 001", "li", "2026-11-19"))
    rows, total = tasks.unseen_since_upset(tables, "li", 2)
    assert ([row["id"] for row in rows], total) == (["001", "gone"], 3)
    assert tasks.unseen_since_upset(tables, "wang", 5) == ([], 0)

    aftercare.forget(tables, "child of 001")
    assert tasks.unseen_since_upset(tables, "li", 5)[1] == 2


def test_a_word_waits_on_where_the_stop_stands_on_a_sheet_that_is_still_typed_in(
    tables: Tables, held: Held, say: Callable[..., str]
) -> None:
    for interview in ("001", "002", "003"):
        held(interview, "2026-11-20", DOUBTED)
    say("child", "stopped", about="child of 001", session="001", items={}, scope="stop_keep")
    say("child", "withdrawn", about="child of 002", session="002", items={}, scope="stop_keep")

    rows, total = tasks.with_doubted_words(tables, "li", 5)
    assert ([row["id"] for row in rows], total) == (["001", "003"], 2)


@pytest.mark.parametrize(
    ("facts", "waits"),
    [
        ({}, False),  # not ended
        ({"ended_on": TODAY}, True),
        ({"ended_on": TODAY, "setting": "home"}, True),
        ({"ended_on": TODAY, "setting": "home", "others_present": []}, True),
        ({"ended_on": TODAY, "setting": "home", "others_present": ["none"]}, False),
    ],
)
def test_a_closing_was_put_off_while_it_lacks_the_place_or_who_was_there(
    tables: Tables, held: Held, keep: Keep, facts: dict[str, Value], waits: bool
) -> None:
    held("001", "2026-11-20")
    keep("closing", "001", completion="full", **facts)

    assert [row["id"] for row in tasks.put_off(tables, "li")] == ["001"] * waits
    assert tasks.put_off(tables, "wang") == []


def test_the_newest_entry_of_the_visit_log_names_the_next_visit_or_none(tables: Tables, pen: Pen) -> None:
    for child, next_on in (("kid", "2026-12-01"), ("other", "2026-12-05"), ("kid", "2026-12-09"), ("other", "")):
        log.append(tables, pen, Draft("visit", {"day": TODAY, "outcome": "met", "next_on": next_on}, subject=child))

    assert tasks.next_visits(tables) == {"kid": "2026-12-09"}


def test_a_paper_that_was_brought_is_known_by_its_consent(tables: Tables, pen: Pen) -> None:
    log.append(tables, pen, Draft("paper", {"event": "the call", "brought_on": TODAY}, subject="kid"))

    assert tasks.papers_brought(tables) == {"the call"}
