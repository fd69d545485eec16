from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fieldkit.records import Change
from fieldkit.store import merge

FIELDS = ("text", "outcome")


def change(id_: str, tick: int = 1, over: Mapping[str, tuple[str, ...]] | None = None, **values: Any) -> Change:
    return Change(
        id_, "li", "L1", tick, "", "research/A", "answer", "R", values, over or {}, subject="kid", session="S"
    )


def shown(*changes: Change) -> Mapping[str, Any]:
    found = merge.show(list(changes))
    assert found is not None
    return found.values


def conflict(*changes: Change) -> bool:
    found = merge.show(list(changes))
    return found is not None and bool(found.conflict)


def test_nothing_shows_nothing() -> None:
    assert merge.show([]) is None
    assert merge.heads([]) == {}


def test_two_edits_of_one_base_are_a_conflict_and_none_is_lost() -> None:
    base, mine = change("a", 1, text="在家"), change("b", 2, {"text": ("a",)}, text="在外")
    theirs = change("c", 2, {"text": ("a",)}, text="在外打工")
    assert conflict(base, mine, theirs)
    assert merge.heads([base, mine, theirs])["text"] == [mine, theirs]


def test_an_edit_replaces_what_was_on_its_authors_screen() -> None:
    base, edit = change("a", 1, text="在家"), change("b", 2, {"text": ("a",)}, text="在外")
    assert shown(base, edit) == {"text": "在外"}
    assert not conflict(base, edit)


def test_a_later_clock_replaces_nothing() -> None:
    early, late = change("a", 1, text="在家"), change("b", 900, text="在外")
    assert conflict(early, late)
    assert shown(early, late) == {"text": "在外"}


def test_of_equal_ticks_the_higher_id_is_displayed() -> None:
    one, two = change("a", 5, text="在家"), change("b", 5, text="在外")
    assert shown(one, two) == shown(two, one) == {"text": "在外"}


def test_a_resolution_replaces_all_heads() -> None:
    heads = [change("a", 1, text="在家"), change("b", 2, text="在外"), change("c", 2, text="不知道")]
    resolved = change("d", 3, {"text": ("a", "b", "c")}, text="在外")
    assert conflict(*heads)
    assert not conflict(*heads, resolved)


def test_two_people_who_write_the_same_do_not_disagree() -> None:
    assert not conflict(change("a", 1, text="在家"), change("b", 2, text="在家"))


def test_fields_are_merged_one_by_one() -> None:
    base = change("a", 1, text="在家", outcome="answered")
    text, outcome = change("b", 2, {"text": ("a",)}, text="在外"), change("c", 2, {"outcome": ("a",)}, outcome="later")
    assert shown(base, text, outcome) == {"text": "在外", "outcome": "later"}
    assert not conflict(base, text, outcome)


def test_a_held_change_sets_and_replaces_nothing() -> None:
    base, held = change("a", 1, text="在家"), change("b", 2, {"text": ("a",)}, text="在外")
    usable = merge.usable([base, held], lambda one: one is held, immutable=False)
    assert usable == [base]
    assert shown(*usable) == {"text": "在家"}


def test_of_an_immutable_record_only_its_own_change_counts() -> None:
    event = change("R", 1, text="yes")
    forged = change("x", 2, {"text": ("R",)}, text="no")
    assert merge.usable([forged, event], lambda _: False, immutable=True) == [event]
    assert merge.usable([forged, event], lambda _: False, immutable=False) == [forged, event]


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes of one record, each over some of those before it, in any ticks."""
    made: list[Change] = []
    for number in range(draw(st.integers(1, 6))):
        values = draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["x", "y", "z"]), min_size=1))
        ids = st.sets(st.sampled_from([one.id for one in made]), max_size=3) if made else st.just(set())
        over = {name: tuple(sorted(draw(ids))) for name in values}
        made.append(change(f"c{number}", draw(st.integers(1, 3)), over, **values))
    return made


def defined(changes: list[Change], field: str) -> set[str]:
    """The heads as `design.md` §3 defines them: set the field, and no known change names them in `over`."""
    return {
        one.id
        for one in changes
        if field in one.set and not any(one.id in other.over.get(field, ()) for other in changes)
    }


def law_of_heads(changes: list[Change]) -> None:
    found = merge.heads(changes)
    for field in FIELDS:
        ids = [one.id for one in found.get(field, [])]
        assert set(ids) == defined(changes, field)
        assert len(ids) == len(set(ids))


def law_of_display(changes: list[Change]) -> None:
    values = shown(*changes)
    for field in FIELDS:
        heads = [one for one in changes if one.id in defined(changes, field)]
        best = max(heads, key=lambda one: (one.tick, one.id), default=None)
        assert (field in values) == (best is not None)
        assert best is None or values[field] == best.set[field]
    texts = [{one.set[field] for one in changes if one.id in defined(changes, field)} for field in FIELDS]
    assert conflict(*changes) == any(len(values) > 1 for values in texts)


def law_of_order(changes: list[Change]) -> None:
    wanted = merge.show(changes)
    for other in list(permutations(changes))[:24]:
        assert merge.show(list(other)) == wanted
    assert merge.show(changes[::-1]) == wanted


LAWS: list[Callable[[list[Change]], None]] = [law_of_heads, law_of_display, law_of_order]


@pytest.mark.parametrize("law", LAWS)
def test_the_law_holds_for_every_history(law: Callable[[list[Change]], None]) -> None:
    settings(max_examples=120, deadline=None)(given(histories())(law))()


def _last_writer_wins(changes: Any) -> merge.Heads:
    found: merge.Heads = {}
    for one in sorted(changes, key=lambda one: (one.tick, one.id)):
        found |= {field: [one] for field in one.set}
    return found


def _as_it_came(changes: Any) -> merge.Heads:
    changes = list(changes)
    ids = {field: defined(changes, field) for field in FIELDS}
    found = {field: [one for one in changes if one.id in ids[field]] for field in FIELDS}
    return {field: ones for field, ones in found.items() if ones}


def _any_field_replaces(changes: Any) -> merge.Heads:
    named = {one for change in changes for ids in change.over.values() for one in ids}
    found: merge.Heads = {}
    for one in sorted(changes, key=lambda one: (one.tick, one.id)):
        for field in one.set:
            if one.id not in named:
                found.setdefault(field, []).append(one)
    return found


def _only_a_later_tick_replaces(changes: Any) -> merge.Heads:
    changes = list(changes)
    ticks = {one.id: one.tick for one in changes}
    late = [
        change(
            one.id,
            one.tick,
            {f: tuple(i for i in ids if ticks[i] < one.tick) for f, ids in one.over.items()},
            **one.set,
        )
        for one in changes
    ]
    return _as_it_came(sorted(late, key=lambda one: (one.tick, one.id)))


QUICK = settings(
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)
MUTANTS = [_last_writer_wins, _as_it_came, _any_field_replaces, _only_a_later_tick_replaces]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_bug_breaks_a_law(mutant: Callable[[Any], merge.Heads], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "heads", mutant)
    with pytest.raises((AssertionError, KeyError)):
        _try_all_laws()


def _try_all_laws() -> None:
    for law in LAWS:
        QUICK(given(histories())(law))()
