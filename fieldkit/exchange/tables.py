"""The dataset as XLSX that opens in Excel with correct Chinese and without a live formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from fieldkit.acts import exports
from fieldkit.acts.desk import Desk
from fieldkit.acts.exports import AnswerRow, Dataset, label
from fieldkit.acts.handover import explained
from fieldkit.platform import flush_folder
from fieldkit.studies import Pair

LONGEST_CELL = 32_767  # Excel's limit; openpyxl cuts silently beyond it
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEADINGS = (
    *(
        "个案编号 Case code",
        "化名 Pseudonym",
        "化名拼音 Pseudonym (pinyin)",
        "访谈编号 Interview",
        "日期 Date",
        "访谈员 Interviewer",
    ),
    *(
        "部分 Section",
        "题号 Question",
        "问题（中文） Question (zh)",
        "问题（英文） Question (en)",
        "回答情况 Outcome",
    ),
    *("记录方式 Kind of record", "内容 Text", "接上页 Continued", "有两种写法 In conflict"),
)
_WIDTHS = (14, 10, 14, 16, 12, 12, 16, 8, 36, 36, 14, 14, 60, 10, 12)


@dataclass(frozen=True)
class ExportReport:
    """Where the file lies, what is in it, and what was left out."""

    path: Path
    interviews: int
    answers: int
    left_out_held: int
    left_out_withdrawn: int


def write_interviews(desk: Desk, folder: Path) -> ExportReport:
    """Write the coordinator's interviews to `interviews-DATE.xlsx` in *folder*; the file is whole or absent.

    Raises NotAllowed, DiskFull, NoSuchPlace.
    """
    found = exports.dataset(desk)
    path = folder / f"interviews-{desk.today}.xlsx"
    draft = path.with_name(path.name + ".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _workbook(found).save(draft)
        draft.replace(path)
        flush_folder(folder)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise explained(error, folder) from error
    return ExportReport(path, found.interviews, len(found.rows), found.left_out_held, found.left_out_withdrawn)


def _workbook(found: Dataset) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has one
    sheet.title = "访谈 Interviews"
    _write(sheet, _HEADINGS, (cells for row in found.rows for cells in _cells(row)), _WIDTHS)
    counts = [
        (_both(label("nonparticipation", reason)), str(number)) for reason, number in found.nonparticipation.items()
    ]
    _write(book.create_sheet("未参加 Non-participation"), ("原因 Reason", "人数 Children"), counts, (40, 14))
    left_out = [
        ("待查核的访谈 Interviews held", str(found.left_out_held)),
        ("已退出的孩子 Children withdrawn", str(found.left_out_withdrawn)),
    ]
    _write(book.create_sheet("未导出 Left out"), ("项目 What", "数量 Number"), left_out, (40, 14))
    return book


def _cells(row: AnswerRow) -> Iterable[tuple[str, ...]]:
    """One line a note; a text longer than a cell goes on in further lines, none of it is cut."""
    parts = [row.text[start : start + LONGEST_CELL] for start in range(0, len(row.text), LONGEST_CELL)] or [""]
    for number, part in enumerate(parts):
        yield (
            *(
                row.case_code,
                *row.pseudonym,
                row.session_code,
                row.started_on,
                row.interviewer,
                _both(row.section),
            ),
            *(
                row.question,
                *row.asked,
                _both(label("outcome", row.outcome)),
                _both(label("text_kind", row.text_kind)),
            ),
            *(part, str(number) if number else "", "是 yes" if row.conflict else ""),
        )


def _both(pair: Pair) -> str:
    return f"{pair.zh} {pair.en}"


def _write(sheet: Worksheet, headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
    for line, values in enumerate([headings, *rows], 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(line, column)
            cell.value = _FORBIDDEN.sub("\ufffd", value)
            cell.data_type = "s"  # a text that begins with "=" stays a text
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=line == 1)
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
