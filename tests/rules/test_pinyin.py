"""Names are read as the library reads them, from its dictionary and without its memory."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.pinyin import read_aloud


@pytest.mark.parametrize("text", ["", "abc", "😀", "\U00031fff", " \n"])
def test_what_nobody_can_read_stays_as_it_is(text: str) -> None:
    assert read_aloud(text) == text


@pytest.mark.parametrize(
    ("zh", "spoken"), [("重阳", "chongyang"), ("重", "zhong"), ("朝阳", "zhaoyang"), ("吕某", "lümou"), ("嗯", "n")]
)
def test_a_phrase_is_read_as_a_phrase_and_the_rest_character_by_character(zh: str, spoken: str) -> None:
    assert read_aloud(zh) == spoken


def test_everything_is_read_as_the_library_reads_it() -> None:
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    every = [*PHRASES_DICT, *map(chr, PINYIN_DICT)]

    assert [one for one in every if read_aloud(one) != "".join(lazy_pinyin(one, v_to_u=True))] == []


@given(st.text(st.sampled_from("重阳朝长乐一行不了得大夫人家中国南乔吕绿a1〇"), max_size=12))
def test_names_written_together_are_cut_where_the_library_cuts_them(names: str) -> None:
    from pypinyin import lazy_pinyin

    assert read_aloud(names) == "".join(lazy_pinyin(names, v_to_u=True))


def test_to_read_a_name_does_not_load_the_library() -> None:
    """It would keep 55 MB, of the 150 that a small laptop has to spare."""
    code = (
        "import sys; from fieldkit.rules.pinyin import read_aloud; read_aloud('重阳'); print('pypinyin' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
