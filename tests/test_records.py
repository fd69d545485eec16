"""Changes as bytes: one way to write them, the same ids on every machine, and nothing that stops a reading."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fieldkit.records import (
    KINDS,
    Change,
    Unreadable,
    canonical,
    clean,
    decode,
    digest,
    drawer_of,
    natural_id,
    needed,
)

SAVED = Change(
    id="a1",
    author="I1",
    device="L1",
    tick=7,
    wall="2026-11-24T09:30:00+08:00",
    drawer="research/A",
    kind="answer",
    record="r1",
    set={"text": "想妈妈。", "outcome": "answered"},
    over={"text": ("a0",)},
    grounds=("e1", "e2"),
    subject="p1",
    session="s1",
    editor="d1",
    elapsed=0,
)
BYTES = (
    '{"author":"I1","device":"L1","drawer":"research/A","editor":"d1","elapsed":0,"grounds":["e1","e2"],"id":"a1",'
    '"kind":"answer","over":{"text":["a0"]},"record":"r1","session":"s1","set":{"outcome":"answered","text":"想妈妈。"},'
    '"subject":"p1","tick":7,"v":1,"wall":"2026-11-24T09:30:00+08:00"}'
).encode()
FLAGGED = BYTES.replace(b'"grounds"', b'"flags":["clock"],"grounds"')
ANY_TEXT = st.text(st.characters(), max_size=8)  # lone surrogates and NUL too
LEAVES = st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | ANY_TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3))
IDS = st.text("abc-_", min_size=1, max_size=4)
CHANGES = st.builds(
    Change,
    **dict.fromkeys(("id", "author", "device", "wall", "drawer", "kind", "record"), IDS),
    tick=st.integers(0, 2**53 - 1),
    set=st.dictionaries(ANY_TEXT, VALUES, min_size=1, max_size=3).map(clean),
    over=st.dictionaries(IDS, st.lists(IDS, max_size=2).map(tuple), max_size=2),
    grounds=st.lists(IDS, max_size=2).map(tuple),
    **dict.fromkeys(("subject", "session", "editor"), st.none() | IDS),
    elapsed=st.none() | st.integers(0, 10**9),
    flags=st.lists(IDS, max_size=2).map(tuple),
)
ROUNDS = settings(max_examples=150, deadline=None)


def altered(**parts: Any) -> bytes:
    return canonical({**json.loads(BYTES), **parts})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"v":1}',
        b"[" * 100_000,
        BYTES[:-1],
        altered(v=2),
        altered(v=0),
        altered(v="1"),
        altered(v=True),
        altered(id=5),
        altered(record=None),
        altered(kind=["answer"]),
        altered(tick="7"),
        altered(tick=7.5),
        altered(tick=2**53),
        altered(elapsed=False),
        altered(subject={}),
        altered(set=["text"]),
        altered(set={"text": 0.5}),
        altered(set={"text": float("nan")}),
        altered(set={"text": 2**64}),
        altered(over=["a0"]),
        altered(over={"text": "a0"}),
        altered(over={"text": [1]}),
        altered(grounds={"e1": 1}),
        altered(grounds="e1"),
        altered(grounds=[["e1"]]),
        altered(flags="clock"),
        altered(flags=[1]),
        BYTES.replace("想".encode(), b"\\ud800"),
        BYTES.replace(b'"record":"r1",', b""),
    ],
)
def test_what_is_no_change_of_this_version_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(content)


def test_a_change_has_one_way_to_be_written() -> None:
    assert SAVED.encoded() == BYTES
    assert decode(BYTES) == SAVED


def test_what_is_suspicious_about_a_change_travels_with_it() -> None:
    assert replace(SAVED, flags=("clock",)).encoded() == FLAGGED
    assert decode(FLAGGED).flags == ("clock",)


def test_keys_that_say_nothing_are_left_out_and_zero_is_something() -> None:
    bare = Change("a1", "I1", "L1", 0, "w", "study", "site", "r1", {"code": ""})

    assert bare.encoded() == (
        b'{"author":"I1","device":"L1","drawer":"study","id":"a1","kind":"site","record":"r1",'
        b'"set":{"code":""},"tick":0,"v":1,"wall":"w"}'
    )
    assert decode(bare.encoded()) == bare


def test_what_a_later_program_added_is_passed_over() -> None:
    assert decode(altered(mood="good", set={**SAVED.set, "smell": ["rain"]})).set["smell"] == ["rain"]
    assert decode(altered(mood="good")) == SAVED


@ROUNDS
@given(CHANGES)
def test_every_change_reads_back_as_it_was_written(change: Change) -> None:
    assert decode(change.encoded()) == change
    assert decode(change.encoded()).encoded() == change.encoded()


@ROUNDS
@given(st.binary(max_size=40) | VALUES.map(clean).map(canonical))
def test_no_bytes_do_anything_but_read_or_be_unreadable(content: bytes) -> None:
    with suppress(Unreadable):
        decode(content)


@ROUNDS
@given(
    st.sampled_from(sorted(json.loads(BYTES))),
    VALUES.map(clean),
)
def test_no_part_of_another_type_passes(name: str, value: Any) -> None:
    try:
        read = decode(altered(**{name: value}))
    except Unreadable:
        return
    kept = json.loads(read.encoded()).get(name)

    assert kept == value or not value


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ({"b": 1, "a": [True, None, "x"]}, b'{"a":[true,null,"x"],"b":1}'),
        ({"zh": "留下来", "en": "stay"}, '{"en":"stay","zh":"留下来"}'.encode()),
        ('\u2028/\x7f"\\\n', '"\u2028/\x7f\\"\\\\\\n"'.encode()),
        ({"😀": 1, "z": 2, "\ufb01": 3}, '{"z":2,"\ufb01":3,"😀":1}'.encode()),
    ],
)
def test_canonical_bytes(value: Any, content: bytes) -> None:
    assert canonical(value) == content


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("answer", "i1", "P4"), "Vi4UY_FMT5s5vZuRnRIECQ"),
        (("string", "guide:P4"), "TANslVLI510JgV9O7NyUjA"),
        (("site", "周口"), "eJ0W8igFveS81l8zuTE0xQ"),
    ],
)
def test_what_has_a_natural_key_has_the_same_id_on_every_machine(key: tuple[str, ...], expected: str) -> None:
    assert natural_id(*key) == expected


def test_a_natural_id_tells_where_one_part_of_the_key_ends() -> None:
    assert len({natural_id("answer", "i1", "P4"), natural_id("answer", "i1P", "4"), natural_id("answer", "i1P4")}) == 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "DldRwCblQ7Loqy6wYJnaodHl30d3j3eH-qtFzfEv46g"),
        ("好".encode(), "MYG-7UaXQQD0yKCjg77zwrxr8zNdi1O7kAJqR_OWHeE"),
    ],
)
def test_the_digest_is_blake2b_256(content: bytes, expected: str) -> None:
    assert digest(content) == expected


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("x\udfffy", "x\ufffdy"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("行\r\n\t ﻿e\u0301\u202e", "行\r\n\t ﻿e\u0301\u202e"),
        ({"\0": ["\ud800", {"k\0": 1}]}, {"\ufffd": ["\ufffd", {"k\ufffd": 1}]}),
    ],
)
def test_what_no_file_can_hold_is_replaced_and_all_else_stays_as_typed(typed: Any, kept: Any) -> None:
    assert clean(typed) == kept


@ROUNDS
@example("\ud800\0\udc00")
@given(ANY_TEXT)
def test_clean_text_has_bytes_and_changes_only_what_has_none(text: str) -> None:
    cleaned = clean(text)

    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned
    assert clean(cleaned) == cleaned
    if "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text):
        assert cleaned == text


@ROUNDS
@given(VALUES)
def test_whatever_was_typed_can_be_written_down(value: Any) -> None:
    assert canonical(json.loads(canonical(clean(value)))) == canonical(clean(value))


def test_only_what_stands_on_consent_needs_it() -> None:
    assert {name: kind.needs for name, kind in KINDS.items() if kind.needs} == {
        "interview": ("participate", "notes", "store"),
        "answer": ("notes",),
        "moment": ("notes",),
        "observation": ("notes",),
    }


@pytest.mark.parametrize(
    ("media", "items"),
    [("audio/mpeg", ("audio",)), ("image/png", ("photo_object",)), ("video/mp4", ("",)), (None, ("",))],
)
def test_what_an_attachment_stands_on_its_medium_says_and_nothing_permits_another(
    media: str | None, items: tuple[str, ...]
) -> None:
    change = Change("c", "li", "L1", 1, "", "research/A", "attachment", "r", {"media": media} if media else {})
    assert needed(change) == items


def test_names_and_signatures_lie_in_the_vault_only() -> None:
    telling = {"real_name", "birth_date", "name", "phone", "called", "signature", "witness"}

    assert {kind.drawer for kind in KINDS.values() if telling & set(kind.fields)} == {"vault"}


def test_consent_research_and_vault_are_split_by_team_and_nothing_else_is() -> None:
    drawers = {drawer_of(kind, "A") for kind in KINDS.values() if kind.drawer}

    assert drawers == {"study", "consent/A", "research/A", "vault/A", "notices"}
