from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.canonical import LARGEST_INTEGER, b64, decode, decode_object, encode, unb64
from sync.errors import Malformed, UnknownFormat

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LEAVES = st.none() | st.booleans() | TEXT | st.integers(1 - LARGEST_INTEGER, LARGEST_INTEGER - 1)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b"1.0",
        b"1e3",
        b"-0",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"9" * 5000,
        b'"\\u0000"',
        b'"\x00"',
        b'"\\\\\\u0000"',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b'"\\u4f60"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"[" * 100_000,
        b"1\n",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_bytes_that_are_not_canonical_json_are_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        decode(content)


@pytest.mark.parametrize("value", [float("nan"), "\0", "\ud800", {"a": {1, 2}}, b"bytes"], ids=repr)
def test_what_has_no_canonical_form_is_not_written(value: object) -> None:
    with pytest.raises(Malformed):
        encode(value)


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "A A", "AA\n", "é", "+/8", None, 7, b"AA"], ids=repr)
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed):
        unb64(text)


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"format":true}', b'{"format":0}', b'{"format":"1"}'], ids=repr)
def test_an_object_that_does_not_say_its_format_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        decode_object(content, 1)


def test_a_later_format_is_told_apart_from_nonsense() -> None:
    with pytest.raises(UnknownFormat):
        decode_object(b'{"format":2,"later":[]}', 1)


def test_a_backslash_before_u0000_is_text_and_no_nul() -> None:
    assert decode(encode("\\u0000")) == "\\u0000"


def test_chinese_stays_as_it_was_typed() -> None:
    assert encode({"b": "小河", "a": [1, None, True]}) == '{"a":[1,null,true],"b":"小河"}'.encode()


@given(VALUES)
def test_what_was_written_reads_back_as_the_same_bytes(value: object) -> None:
    assert encode(decode(encode(value))) == encode(value)


@given(st.binary(max_size=40) | VALUES.map(encode))
@example(b'{"a":1,"a":2}')
def test_bytes_are_refused_or_are_the_only_spelling_of_their_value(content: bytes) -> None:
    try:
        value = decode(content)
    except Malformed:
        return
    assert encode(value) == content


@given(st.binary())
def test_bytes_survive_base64url(content: bytes) -> None:
    assert unb64(b64(content)) == content
