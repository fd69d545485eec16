from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from xlsxwriter import Workbook

from fieldkit.acts import rosters as acts
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.exchange import rosters
from fieldkit.exchange.rosters import NoRoster, NoRosterThere, NumberForMonth, RosterTooLarge

ZH = ["称呼", "性别", "出生年月", "调查点", "监护人电话"]
RIVER = ["小河", "男", "2014-05", "A03", "0394-1"]


def _sheet(*lines: Sequence[object], merged: str = "") -> bytes:
    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        dated = book.add_format({"num_format": "yyyy-mm"})
        for number, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, datetime.combine(cell, time()), dated)
                elif cell is not None:
                    sheet.write(number, column, cell)
        if merged:
            sheet.merge_range(merged, "小河")
    return content.getvalue()


def _zip(**parts: bytes) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"called,sex", b"\xd0\xcf\x11\xe0" * 200, _zip(), _zip(readme=b"hello"), _sheet()[:900], _sheet()],
)
def test_what_is_no_roster_is_refused(content: bytes) -> None:
    with pytest.raises(NoRoster):
        rosters.read(content)


def test_every_cut_and_every_spoilt_byte_is_told_calmly() -> None:
    whole = _sheet(ZH, RIVER)
    for place in range(0, len(whole), 37):
        for spoilt in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
            try:
                rosters.read(spoilt)
            except (NoRoster, rosters.NoHeading, RosterTooLarge):
                continue


def test_a_file_that_unpacks_without_end_is_not_unpacked() -> None:
    with pytest.raises(RosterTooLarge):
        rosters.read(_zip(bomb=b"0" * (rosters.MOST_BYTES + 1)))
    with pytest.raises(RosterTooLarge):
        rosters.read(b"0" * (rosters.MOST_BYTES + 1))


def test_two_thousand_lines_are_read_and_one_more_is_refused() -> None:
    assert len(rosters.read(_sheet(ZH, *[RIVER] * rosters.MOST_ROWS))) == rosters.MOST_ROWS
    with pytest.raises(RosterTooLarge):
        rosters.read(_sheet(ZH, *[RIVER] * (rosters.MOST_ROWS + 1)))


@pytest.mark.parametrize("empty", [1, 5000])
def test_a_line_behind_the_last_that_is_read_is_told_however_many_are_empty_before(empty: int) -> None:
    blank = [[" "]] + [[]] * (rosters.MOST_ROWS - 2 + empty)
    with pytest.raises(rosters.RowTooFar) as told:
        rosters.read(_sheet(ZH, RIVER, *blank, RIVER))

    assert f"第 {rosters.MOST_ROWS + 2 + empty} 行" in told.value.sentence("zh_CN")
    assert len(rosters.read(_sheet(ZH, RIVER, *blank))) == 1


@pytest.mark.parametrize("lost", ["称呼", "性别", "出生年月", "调查点"])
def test_a_roster_without_a_needed_column_says_which(lost: str) -> None:
    with pytest.raises(rosters.NoHeading) as told:
        rosters.read(_sheet([name for name in ZH if name != lost], RIVER))
    assert f"没有标题“{lost}”" in told.value.sentence("zh_CN")
    assert "has no heading" in told.value.sentence("en")


def test_headings_may_be_in_either_language_and_in_any_order() -> None:
    english = ["Phone", "site", "BORN", "sex", "called", "extra", "calendar", "given_by"]
    (row,) = rosters.read(_sheet([], english, ["1", "a03", "2014-05", "F", "小河", "?", "农历", "奶奶"]))

    assert row.number == 3
    assert row.said == {
        "called": "小河", "sex": "f", "birth_date": "2014-05", "calendar": "lunar", "site": "A03", "phone": "1",
        "given_by": "奶奶",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("2014-05", "2014-05"),
        ("2014.5", "2014-05"),
        ("2014/5/9", "2014-05-09"),
        ("2014年5月", "2014-05"),
        ("2014年5月9日", "2014-05-09"),
        ("２０１４－０５", "2014-05"),
        ("2014—05—09", "2014-05-09"),
        (date(2014, 5, 9), "2014-05-09"),
        (201405, "201405"),
        (True, "True"),
        ("十二岁", "十二岁"),
    ],
)
def test_months_are_read_as_people_write_them(cell: object, read: str) -> None:
    (row,) = rosters.read(_sheet(ZH, ["小河", "男", cell, "Ａ０３", 3941234567.0]))

    assert (row.said["birth_date"], row.said["site"], row.said["phone"]) == (read, "A03", "3941234567")


def test_a_number_that_may_be_january_or_october_is_refused_for_its_line() -> None:
    (row,) = rosters.read(_sheet(ZH, ["小河", "男", 2012.1, "A03", ""]))

    assert isinstance(row.unread["birth_date"], NumberForMonth)
    assert "2012.1" in row.unread["birth_date"].sentence("zh_CN")


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (2012.2, "2012-02"),
        (2012.05, "2012-05"),
        (2012.11, "2012-11"),
        ("2012.10", "2012-10"),
        ("2012.1", "2012-01"),
        (2012, "2012"),
    ],
)
def test_a_month_that_can_be_meant_in_one_way_only_is_read(cell: object, read: str) -> None:
    (row,) = rosters.read(_sheet(ZH, ["小河", "男", cell, "A03", ""]))

    assert (row.said["birth_date"], row.unread) == (read, {})


_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**12), max_value=10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(min_value=date(1900, 3, 1)),
    st.sampled_from(["2012-05", "2012年冬月", "旧历", "火星", "男", "A03", "小\u200b河", "𠀋", "🙂"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(_CELLS, min_size=7, max_size=7))
def test_whatever_stands_in_a_line_is_read_or_reported(desks: dict[str, Desk], cells: list[object]) -> None:
    rows = rosters.read(_sheet([*ZH, "历法", "谁给的"], ["小河", "男", "2014-05", "A03", "1"], cells))
    found = acts.plan(desks["interviewer"], rows)

    told = len(found.new) + len(found.here) + len(found.refused)
    assert told == len(rows)


def test_a_calendar_is_read_in_every_usual_word_and_otherwise_reported() -> None:
    words = ["旧历", "陽曆", "", "火星"]
    rows = rosters.read(_sheet([*ZH, "历法"], *[[*RIVER, word] for word in words]))

    assert [row.said.get("calendar") for row in rows] == ["lunar", None, "gregorian", None]
    assert [list(row.unread) for row in rows] == [[], ["calendar"], [], ["calendar"]]


def test_a_formula_is_never_computed_and_empty_lines_are_skipped() -> None:
    first, second = rosters.read(_sheet(ZH, RIVER, [], ['=HYPERLINK("http://x","小河")', *RIVER[1:]]))

    assert (first.number, second.number) == (2, 4)
    assert "HYPERLINK" not in second.said["called"]


def test_merged_cells_and_long_cells_do_no_harm() -> None:
    rows = rosters.read(_sheet(ZH, ["长" * 9000, *RIVER[1:]], [None, *RIVER[1:]], merged="A3:A4"))

    assert [len(row.said["called"]) for row in rows] == [rosters.LONGEST_CELL, 2, 0][: len(rows)]


def test_the_empty_roster_can_be_read_back() -> None:
    sheet = load_workbook(BytesIO(rosters.template())).active
    assert sheet is not None
    headings = [str(cell.value) for cell in sheet[1]]
    (row,) = rosters.read(_sheet(headings, ["小河", "男", "2014-05", "公历", "A03", "", ""]))

    assert row.said["calendar"] == "gregorian"


def test_a_file_on_the_disk_registers_its_children_once(desks: dict[str, Desk], tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(_sheet(ZH, ["小河", "男", f"{Clock().today().year - 12}-01", "A03", "0394-1"]))

    assert len(rosters.register(desks["interviewer"], path, {}).new) == 1
    assert [one.number for one in rosters.register(desks["interviewer"], path, {}).here] == [2]


def test_a_name_that_no_file_has_says_so(desks: dict[str, Desk], tmp_path: Path) -> None:
    for path in (tmp_path / "no-such.xlsx", tmp_path):
        with pytest.raises(NoRosterThere) as told:
            rosters.register(desks["interviewer"], path, {})
        assert str(path) in told.value.sentence("en")
