from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from fieldkit.records import digest
from fieldkit.rules import digests
from fieldkit.rules.digests import spoken


def test_the_words_of_the_first_version_stay() -> None:
    """Two computers of different versions have to say the same."""
    assert spoken(digest(b"")).zh == "高粱 蚯蚓 乌龟 镰刀"
    assert spoken(digest(b"")).en == "asthma finish extra scale"


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_four_words_of_either_language_that_follow_the_digest(one: bytes, other: bytes) -> None:
    said = [spoken(digest(content)) for content in (one, other)]

    assert [len(pair.zh.split()) for pair in said] == [len(pair.en.split()) for pair in said] == [4, 4]
    assert (said[0].zh == said[1].zh) == (said[0].en == said[1].en)


def heard(word: str) -> str:
    """As it may be heard on a bad line, or where some sounds are not told apart."""
    return " ".join(
        re.sub("ng$", "n", re.sub("^n", "l", re.sub("^([zcs])h", r"\1", part))) for part in lazy_pinyin(word)
    )


def test_no_two_words_are_heard_alike() -> None:
    zh = [digests._word(byte) for byte in range(256)]

    assert len(digests._ZH) == 512
    assert len(set(map(heard, zh))) == len(set(digests._EN)) == len(digests._EN) == 256
    assert [word for word in zh if word[0] == word[1]] == []
