"""The dataset as XLSX that opens in Excel with correct Chinese and without a live formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fieldkit.acts import exports
from fieldkit.acts.desk import Desk
from fieldkit.acts.exports import AnswerRow, Dataset, label
from fieldkit.acts.handover import explained
from fieldkit.clock import new_id
from fieldkit.platform import flush_folder, unused
from fieldkit.studies import Pair

if TYPE_CHECKING:
    from xlsxwriter import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767  # Excel's limit, in units of UTF-16
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # a file with one of these opens nowhere
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
    *(
        "记录方式 Kind of record",
        "内容 Text",
        "接上页 Continued",
        "有两种写法 In conflict",
        "时间可疑 Suspicious time",
        "可匿名引用原话 May be quoted",
    ),
    *(
        "提纲用法 Guide",
        "录入方式 How entered",
        "补录日期 Typed in on",
        "纸质记录编号及存放处 Sheet",
        "订正后的日期 Date put right",
    ),
)
_WIDTHS = (14, 10, 14, 16, 12, 12, 16, 8, 36, 36, 14, 14, 60, 10, 12, 12, 12, 12, 16, 12, 20, 14)


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

    A further one of that day gets a number behind its name: nothing is replaced.
    Raises NotAllowed, DiskFull, NoSuchPlace.
    """
    found = exports.dataset(desk)
    path = write_whole(folder, file_name(desk), workbook(found))
    return ExportReport(path, found.interviews, len(found.rows), found.left_out_held, found.left_out_withdrawn)


def write_whole(folder: Path, name: str, content: bytes) -> Path:
    """Write *content* to *name* in *folder*, whole or not at all, replacing nothing; return where it lies.

    Raises DiskFull, NoSuchPlace.
    """
    draft = folder / f"{name}.{new_id()[:6]}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        path = unused(folder, name)
        draft.replace(path)
        flush_folder(folder)
    except OSError as error:
        with suppress(OSError):  # where the folder itself cannot be reached there is nothing to clear away
            draft.unlink(missing_ok=True)
        raise explained(error, folder) from error
    return path


def file_name(desk: Desk) -> str:
    """Return what the file of today is called."""
    return f"interviews-{desk.today}.xlsx"


def workbook(found: Dataset) -> bytes:
    """Return the file, made in memory: on the way no note lies in clear in a temporary file."""
    from xlsxwriter import Workbook  # only who exports pays for it

    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        rows = (cells for row in found.rows for cells in _cells(row))
        write_sheet(book, "访谈 Interviews", _HEADINGS, rows, _WIDTHS)
        counts = [
            (_both(label("nonparticipation", reason)), str(number)) for reason, number in found.nonparticipation.items()
        ]
        write_sheet(book, "未参加 Non-participation", ("原因 Reason", "人数 Children"), counts, (40, 14))
        left_out = [
            ("待查核的访谈 Interviews held", str(found.left_out_held)),
            ("已退出的孩子 Children withdrawn", str(found.left_out_withdrawn)),
        ]
        write_sheet(book, "未导出 Left out", ("项目 What", "数量 Number"), left_out, (40, 14))
    return content.getvalue()


def _cells(row: AnswerRow) -> Iterable[tuple[str, ...]]:
    """One line a note; a text longer than a cell goes on in further lines, none of it is cut."""
    for number, part in enumerate(parts(row.text)):
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
            *(part, str(number) if number else ""),
            *("是 yes" if marked else "" for marked in (row.conflict, row.suspicious, row.may_quote)),
            *(
                _both(label("guide_mode", row.mode)),
                _both(label("entered_how", _how(row))),
                row.entered_on,
                row.paper_ref,
                row.put_right,
            ),
        )


def _how(row: AnswerRow) -> str:
    return "entered_late" if row.entered_on else "live"


def parts(text: str) -> list[str]:
    """Return *text* in pieces that fit a cell; rare characters and emoji take two units, and none is torn apart."""
    units, found = text.encode("utf-16-le"), []
    while units:
        end = 2 * LONGEST_CELL
        end -= 2 * (0xDC <= next(iter(units[end + 1 : end + 2]), 0) <= 0xDF)  # the second half of a pair comes next
        found.append(units[:end].decode("utf-16-le"))
        units = units[end:]
    return found or [""]


def _both(pair: Pair) -> str:
    return f"{pair.zh} {pair.en}"


def write_sheet(
    book: Workbook, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]
) -> None:
    """Add one sheet; what a file cannot hold of a text is shown as U+FFFD."""
    sheet = book.add_worksheet(title)
    heading, plain = (book.add_format({"text_wrap": True, "valign": "top", "bold": bold}) for bold in (True, False))
    for line, values in enumerate([headings, *rows]):
        for column, value in enumerate(values):  # always as a string: a text that begins with "=" stays a text
            if value:
                sheet.write_string(line, column, _FORBIDDEN.sub("\ufffd", value), plain if line else heading)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
