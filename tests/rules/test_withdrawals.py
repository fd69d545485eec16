from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldkit.rules import slips, withdrawals

A3, A4, C1 = "ZK-A03-003", "ZK-A03-004", "CXP4TQAT"


@pytest.mark.parametrize("typed", ["", " ", "李小花", "0394-000 0000", "Wang Fang", "3746 9934", "2026-11-27", "13 岁"])
def test_a_name_a_number_or_a_day_names_no_code(typed: str) -> None:
    assert withdrawals.read(typed).codes == ()


@pytest.mark.parametrize(
    ("typed", "codes", "maybe"),
    [
        ("zk a03 003", [A3], []),
        ("ZKA03003", [A3], []),
        ("Z K A 0 3 0 0 3", [A3], []),
        ("ＺＫ－Ａ０３－００３", [A3], []),
        (" ZK–A03–003 ", [A3], []),
        ("ZK_A03/003", [A3], []),
        ("编号 ZK-A03-003。", [A3], []),
        ("ZK-A03-003-S1", [A3], []),
        ("ZK-A03-003，ZK-A03-003", [A3], []),
        ("ZK-A03-003 电话0394-1234567", [A3], []),
        ("ZK-A03-003 2026-11-27，13岁", [A3], []),
        ("ZK-A03-0031", [], []),
        ("ad6x xymd", ["AD6XXYMD"], []),
        ("编号CXP4TQAT", [C1], []),
        ("CXP4TQAT。", [C1], []),
        ("K9DN4A9Q号", ["K9DN4A9Q"], []),
        ("ZK-A03-003 R3QHPMRC", [A3, "R3QHPMRC"], []),
        ("ZK-A03-003 和 ZK-A04-001/002", [A3, "ZK-A04-001"], ["ZK-A04-002"]),
        ("ZK-A03-003、04", [A3], [A4]),
        ("ZK-A03-003/4", [A3], [A4]),
        ("ZK-A03-003和四号", [A3], [A4]),
        ("ZK-A03-003、十四", [A3], ["ZK-A03-014"]),
        ("ZK-A03-003、A4-4", [A3], ["ZK-A04-004"]),
        ("004、ZK-A03-003", [A3], [A4]),
        ("ZK-A03-003到005", [A3], ["ZK-A03-005", A4]),
        ("ZK-A03-003-005", [A3], ["ZK-A03-005", A4]),
        ("ZK-A03-3 04", [], [A3, A4]),
        ("ZK-A3-3", [], [A3]),
        ("A03-003", [], ["A03-003"]),
        ("编号 CXP4 TQAT", [], [C1]),
        ("WANGFANG", [], ["WANGFANG"]),
    ],
)
def test_every_child_that_a_text_names_by_code_is_meant(typed: str, codes: list[str], maybe: list[str]) -> None:
    meant = withdrawals.read(typed)

    assert (list(meant.codes), list(meant.maybe)) == (codes, maybe)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("编号 ZK-A03-003（小河），谢谢", ["小河"]),
        ("青山，ZK-A03-003", ["青山"]),
        ("“青山”", ["青山"]),
        ("化名青山", ["青山"]),
        ("ZK-A03-003、ZK-A03-004 都要退出", []),
        ("ZK-A03-003 或 ZK-A03-0041", ["ZK-A03-0041"]),
    ],
)
def test_what_is_no_code_is_left_as_words(typed: str, words: list[str]) -> None:
    assert list(withdrawals.read(typed).words) == words


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("青山", "青山和晨光", True),
        ("山", "青山", False),
        ("Ann", "Channing", False),
        ("Green Hill", "it is green hill!", True),
        ("", "x", False),
    ],
)
def test_a_name_stands_in_a_text_as_a_word(name: str, text: str, found: bool) -> None:
    assert withdrawals.bears(name, text) is found


def _written(number: int, site: str, how: str) -> str:
    ways = {
        "full": f"ZK-{site}-{number:03}",
        "joined": f"zk{site}{number:03}",
        "blanks": f"ＺＫ　{site} {number:03}",
        "short": f"ZK-{site}-{number}",
        "words": f"编号ZK-{site}-{number:03}号",
        "slashes": f"ZK/{site}/{number:03}",
    }
    return ways[how]


_NUMBERS = st.integers(1, 799)
_BETWEEN = st.sampled_from(
    ["、", "，", ",", " ", "/", "和", " 与", "\n", "；", "-", "到", "——", " & ", "以及", "。", "(", "\t"]
)


@given(st.data(), st.lists(_NUMBERS, min_size=2, max_size=5), st.sampled_from(["A03", "B12"]))
def test_no_text_with_several_codes_drops_one(data: st.DataObject, numbers: list[int], site: str) -> None:
    """Whatever is written between them, and however each is written; after a full one a number is enough."""
    hows = st.sampled_from(["full", "joined", "blanks", "short", "words", "slashes"])
    text = _written(numbers[0], site, data.draw(hows))
    for number in numbers[1:]:
        bare = [f"{number:03}", str(number), f"{number}号"]
        written = [_written(number, site, how) for how in ("full", "joined", "blanks", "short", "words", "slashes")]
        text += data.draw(_BETWEEN) + data.draw(st.sampled_from([*bare, *written]))
    meant = withdrawals.read(text)

    assert {f"ZK-{site}-{number:03}" for number in numbers} <= {*meant.codes, *meant.maybe}, text


@given(st.lists(st.text(slips.ALPHABET, min_size=8, max_size=8), min_size=1, max_size=4), _BETWEEN, _NUMBERS)
def test_no_slip_code_is_dropped_beside_others(codes: list[str], between: str, number: int) -> None:
    text = between.join([*codes, f"ZK-A03-{number:03}"])
    meant = withdrawals.read(text)

    assert {*codes, f"ZK-A03-{number:03}"} <= {*meant.codes, *meant.maybe}, text


@given(st.text())
@example("ZK-A03-003和")
def test_any_text_can_be_read(text: str) -> None:
    meant = withdrawals.read(text)

    assert set(meant.codes) & set(meant.maybe) == set()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("acde fghj", "ACDEFGHJ"),
        ("南乔", "南乔"),
        ("p_N-9aBcDeFgHiJkLmNoPq", "p_N-9aBcDeFgHiJkLmNoPq"),
    ],
)
def test_what_no_code_is_read_in_is_kept_as_typed(typed: str, kept: str) -> None:
    assert withdrawals.spelt(typed) == kept
