from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fieldkit.errors import Invalid
from fieldkit.records import KINDS, Change, decode
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen

Say = Callable[..., str]
Save = Callable[..., Change]
Both = tuple[str, str]


@pytest.fixture
def both(say: Say) -> Both:
    """The guardian's and the child's yes."""
    return say("guardian"), say("child")


@pytest.fixture
def save(tables: Tables, pen: Pen, both: Both) -> Save:
    """Save what an editor of the note to P1 holds: `save(editor, text, base)`."""
    record = log.record_id(KINDS["answer"], {"interview": "S1", "question": "P1"}, None, "")

    def _save(editor: str, text: str, base: str = "{}") -> Change:
        said = {"interview": "S1", "question": "P1", "text": text}
        draft = Draft("answer", said, subject="kid", session="S1", editor=editor, grounds=both)
        return log.save_from_editor(tables, pen, draft, record, base)

    return _save


def _ids(tables: Tables, kind: str = "answer") -> list[str]:
    return [row[0] for row in tables.execute("SELECT id FROM changes WHERE kind = ? ORDER BY tick", [kind])]


def _note(tables: Tables) -> tuple[str, int]:
    row = next(iter(tables.table("answers").rows))
    return row["text"], row["conflict"]


def _seal(tables: Tables) -> None:
    tables.execute("UPDATE changes SET block = 'sealed'")


@pytest.mark.parametrize("base", ["[", "[]", "7", "null", '{"text": 7}', '{"text": null}', '"text"'])
def test_a_base_that_is_none_is_refused(save: Save, tables: Tables, base: str) -> None:
    with pytest.raises(Invalid):
        save("editor 1", "奶奶在家", base)
    assert _ids(tables) == []


def test_a_field_that_no_kind_has_is_a_mistake_of_ours(tables: Tables, pen: Pen) -> None:
    with pytest.raises(ValueError, match="colour"):
        log.append(tables, pen, Draft("slip", {"colour": "red"}, record="R"))


def test_autosave_replaces_its_own_last_change_under_a_fresh_id(save: Save, tables: Tables) -> None:
    first = save("editor 1", "奶")
    second = save("editor 1", "奶奶在家")
    assert _ids(tables) == [second.id] != [first.id]
    assert _note(tables) == ("奶奶在家", 0)


def test_autosave_keeps_what_its_editor_was_opened_on(save: Save, tables: Tables) -> None:
    old = save("editor 1", "奶奶在家")
    base = log.encode_base([old])
    typed = [save("editor 2", text, base) for text in ("爷", "爷爷", "爷爷在家")]
    assert [one.over["text"] for one in typed] == [(old.id,)] * 3
    assert _ids(tables) == [old.id, typed[-1].id]
    assert _note(tables) == ("爷爷在家", 0)


def test_the_same_words_again_write_nothing(save: Save, tables: Tables) -> None:
    assert save("editor 1", "奶奶在家") == save("editor 1", "奶奶在家")
    _seal(tables)
    assert len([save("editor 1", "奶奶在家")]) == len(_ids(tables)) == 1


def test_words_with_a_nul_in_them_are_the_same_words_again(save: Save, tables: Tables) -> None:
    assert save("editor 1", "奶\0奶").id == save("editor 1", "奶\0奶").id
    assert _note(tables)[0] == "奶\ufffd奶"


def test_a_sealed_change_is_never_replaced_and_its_editor_goes_on_over_it(save: Save, tables: Tables) -> None:
    first = save("editor 1", "奶奶")
    _seal(tables)
    second = save("editor 1", "奶奶在家")
    assert _ids(tables) == [first.id, second.id]
    assert second.over["text"] == (first.id,)
    assert _note(tables) == ("奶奶在家", 0)


def test_a_change_that_another_names_is_never_replaced(save: Save, tables: Tables) -> None:
    first = save("editor 1", "奶奶")
    other = save("editor 2", "外婆", log.encode_base([first]))
    second = save("editor 1", "奶奶在家")
    assert _ids(tables) == [first.id, other.id, second.id]
    assert _note(tables)[1] == 1


def test_an_edit_of_an_old_page_is_a_conflict_and_keeps_both(save: Save, tables: Tables) -> None:
    base = log.encode_base([save("editor 1", "奶奶")])
    one, two = save("editor 2", "爷爷", base), save("editor 3", "外婆", base)
    assert log.heads_of(tables, one.record)["text"] == [one.id, two.id]
    assert _note(tables) == ("外婆", 1)


def test_an_edit_over_both_heads_ends_the_conflict(save: Save, tables: Tables) -> None:
    one, two = save("editor 1", "爷爷"), save("editor 2", "外婆")
    assert _note(tables)[1] == 1
    save("editor 3", "爷爷和外婆", log.encode_base([one, two]))
    assert _note(tables) == ("爷爷和外婆", 0)


def test_ids_that_the_record_never_had_name_nothing(save: Save) -> None:
    assert save("editor 1", "奶奶", '{"text": ["invented"], "colour": ["x"]}').over == {}


def test_a_base_travels_in_a_form_as_the_first_version_wrote_it() -> None:
    facts = ("li", "L1", 1, "", "research/A", "answer", "R")
    text, both = Change("a", *facts, {"text": "x"}), Change("b", *facts, {"text": "y", "outcome": "answered"})
    assert log.encode_base([]) == "{}"
    assert log.encode_base([both, text]) == '{"outcome": ["b"], "text": ["a", "b"]}'


def test_a_change_is_kept_as_it_was_written(tables: Tables, pen: Pen) -> None:
    kept = log.append(
        tables, pen, Draft("slip", {"called": "小满", "phone": None}, record="R", subject="kid", elapsed=7)
    )
    body = tables.execute("SELECT body FROM changes WHERE id = ?", [kept.id]).fetchone()[0]
    assert decode(body) == kept
    assert json.loads(body)["set"] == {"called": "小满", "phone": None}
    assert (kept.author, kept.device, kept.drawer, kept.elapsed) == ("li", "L1", "vault/A", 7)


def test_every_change_ticks_past_all_that_is_known(tables: Tables, pen: Pen) -> None:
    far = Change("far", "li", "L2", 700, "", "vault/A", "slip", "R", {"called": "小禾"})
    log.insert(tables, far, far.encoded(), "stick", None)
    assert [log.append(tables, pen, Draft("slip", {"called": "小满"}, record="R")).tick for _ in range(2)] == [701, 702]


def test_an_event_is_named_after_its_change_and_a_second_one_counts_for_nothing(
    say: Say, tables: Tables, pen: Pen
) -> None:
    event = say("guardian")
    again = Draft("consent_event", {"act": "declined"}, record=event, subject="kid", over={"act": [event]})
    log.append(tables, pen, again)
    assert [(row["id"], row["act"], row["conflict"]) for row in tables.table("consent_events").rows] == [
        (event, "given", 0)
    ]
    assert log.heads_of(tables, event)["act"] == [event]


def test_a_field_of_a_later_version_stays_in_the_log_and_out_of_the_tables(tables: Tables) -> None:
    later = Change("c", "li", "L2", 1, "", "vault/A", "slip", "R", {"called": "小满", "shoe_size": 34})
    log.insert(tables, later, later.encoded(), "stick", None)
    log.settle(tables, [later])
    assert log.of_record(tables, "R") == [later]
    assert next(iter(tables.table("slips").rows))["called"] == "小满"


def test_lists_and_maps_stand_in_the_tables_as_canonical_json(say: Say, tables: Tables) -> None:
    say("guardian", items={"participate": "yes", "audio": "no"}, told=[3, 1])
    row = next(iter(tables.table("consent_events").rows))
    assert (row["items"], row["told"]) == ('{"audio":"no","participate":"yes"}', "[3,1]")


RUNG = {"site": "A03", "line": "card:5", "number": "1", "verified_on": "2026-11-01", "verified_by": "A"}


def _number(tables: Tables, pen: Pen, base: str, **told: str) -> Change | None:
    record = log.record_id(KINDS["help_number"], RUNG, None, "")
    return log.save_together(tables, pen, Draft("help_number", {**RUNG, **told}), record, base)


def test_what_means_something_only_together_is_kept_together_beside_what_was_not_seen(tables: Tables, pen: Pen) -> None:
    first = _number(tables, pen, "{}")
    assert first
    base = log.encode_base([first])
    other = _number(tables, pen, base, number="2", verified_on="", verified_by="")
    mine = _number(tables, pen, base, verified_on="2026-11-20")

    assert other
    assert mine
    assert mine.set == {**RUNG, "verified_on": "2026-11-20"}
    assert mine.over["number"] == other.over["number"] == (first.id,)
    assert next(iter(tables.table("help_numbers").rows))["conflict"] == 1


def test_nothing_new_together_writes_nothing_and_what_was_seen_is_found_again(tables: Tables, pen: Pen) -> None:
    first = _number(tables, pen, "{}")
    assert first
    base = log.encode_base([first])
    _number(tables, pen, base, number="2")

    assert _number(tables, pen, base) is None
    assert _number(tables, pen, base, number="2") is None
    assert log.seen(tables, first.record, base)["number"] == [first]
    assert log.seen(tables, first.record, '{"number": ["of another record"]}') == {"number": []}
