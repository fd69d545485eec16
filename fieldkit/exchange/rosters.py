"""A roster from Excel: rows with the place each came from, or a sentence that says why it is none."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from fieldkit.acts import rosters
from fieldkit.acts.desk import Desk
from fieldkit.acts.rosters import Plan, Row
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars, names

MOST_ROWS = 2000
MOST_COLUMNS = 50
MOST_BYTES = 5 * 1024 * 1024
LONGEST_CELL = 200
EXCELS_LAST = 1_048_576  # no sheet has more lines, whatever a file claims
HEADINGS = {
    "called": ("称呼", "called"),
    "sex": ("性别", "sex"),
    "birth_date": ("出生年月", "born"),
    "calendar": ("历法", "calendar"),
    "site": ("调查点", "site"),
    "phone": ("监护人电话", "phone"),
    "given_by": ("谁给的", "given_by"),
}
NEEDED = ("called", "sex", "birth_date", "site")
_SEXES = {"男": "m", "m": "m", "male": "m", "女": "f", "f": "f", "female": "f"}
_MONTH = re.compile(r"([12]\d{3})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2}))?\s*[月日]?")

_LOST_ZERO = re.compile(r"[12]\d{3}\.1")


class NoRoster(Refusal):
    """What was given is no XLSX file that can be read."""

    code = "no_roster"
    message = N_(
        "This is not an Excel file (.xlsx) that can be read. Nothing was saved. Save it as .xlsx and try again."
    )
    status = 422


class RosterTooLarge(Refusal):
    """Larger than any roster: perhaps made to fill the memory."""

    code = "roster_too_large"
    message = N_("This file is too large for a roster: at most 5 MB unpacked and {rows} rows. Nothing was saved.")
    status = 422


class RowTooFar(RosterTooLarge):
    """A line says something behind the last one that is read."""

    code = "row_too_far"
    message = N_(
        "Line {line} says something, and a roster ends at line {last}. Nothing was saved. Delete the empty lines "
        "before it, or what stands there, or divide the list into two files; then choose the file again."
    )


class NoHeading(Refusal):
    """The first line does not name a column that every child needs."""

    code = "no_heading"
    message = N_(
        "The first line of the file has no heading “{zh}” or “{en}”. Nothing was saved. Name the column so in the "
        "first line, or start from the empty roster, and choose the file again."
    )
    status = 422


class NoRosterThere(Refusal):
    """The file that was named cannot be opened."""

    code = "no_roster_there"
    message = N_("No file can be read at {path}. Nothing was saved. Check its name and the folder it lies in.")
    status = 404


class NumberForMonth(Refusal):
    """Excel keeps 2012.10 as the number 2012.1: nobody can tell any more whether January or October was meant."""

    code = "number_for_month"
    message = N_(
        "Excel keeps {number} as a number: it may be January or October. Format the cell as text, type the month again "
        "as 2012-01 or 2012-10, and choose the file again."
    )
    status = 422


def read(content: bytes) -> list[Row]:
    """Return the rows of the first sheet; raises NoRoster, RosterTooLarge, NoHeading. Nothing touches the disk."""
    from openpyxl import load_workbook  # a second of every start, and 6 MB, for a file that comes twice a year
    from openpyxl.utils.exceptions import InvalidFileException

    _check_size(content)
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        lines = list(_lines(book.worksheets[0].iter_rows(max_col=MOST_COLUMNS, max_row=EXCELS_LAST, values_only=True)))
    except (BadZipFile, InvalidFileException, ParseError, *_BROKEN) as error:
        raise NoRoster from error
    if not lines:
        raise NoRoster
    return list(_rows(lines))


_BROKEN = (zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, OverflowError)


def _check_size(content: bytes) -> None:
    """The sizes that a zip states are not believed: each part is unpacked, up to the limit, before it is parsed."""
    if len(content) > MOST_BYTES:
        raise RosterTooLarge(rows=MOST_ROWS)
    left = MOST_BYTES
    try:
        with ZipFile(BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as stream:
                    left -= len(stream.read(left + 1))
                if left < 0:
                    raise RosterTooLarge(rows=MOST_ROWS)
    except (BadZipFile, NotImplementedError, RuntimeError, *_BROKEN) as error:
        raise NoRoster from error


Line = tuple[int, list[str], Sequence[object]]  # its number as Excel counts, its cells as text and as they are


def _lines(found: Iterable[Sequence[object]]) -> Iterator[Line]:
    """Yield each line that says anything."""
    for number, cells in enumerate(found, 1):
        if cells.count(None) == len(cells):
            continue
        said = [_text(cell) for cell in cells]
        if any(said):
            if number > MOST_ROWS + 1:
                raise RowTooFar(line=number, last=MOST_ROWS + 1)
            yield number, said, cells


def _text(cell: object) -> str:
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y-%m-%d")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else unicodedata.normalize("NFKC", str(cell)).strip()[:LONGEST_CELL]


def _rows(lines: list[Line]) -> Iterator[Row]:
    (_, heading, _), *rest = lines
    places = _places(heading)
    for name in NEEDED:
        if name not in places:
            zh, en = HEADINGS[name]
            raise NoHeading(zh=zh, en=en)
    for number, said, cells in rest:
        yield _row(number, {name: (said[place], cells[place]) for name, place in places.items()})


def _row(number: int, found: Mapping[str, tuple[str, object]]) -> Row:
    said, unread = dict[str, str](), dict[str, Refusal]()
    for name, (text, cell) in found.items():
        try:
            said[name] = _said(name, text, cell)
        except Refusal as refusal:
            unread[name] = refusal
    return Row(number, said, unread)


def _places(heading: list[str]) -> dict[str, int]:
    wanted = {word: name for name, words in HEADINGS.items() for word in words}
    found = [
        (part, place) for place, cell in enumerate(heading) for part in (cell.casefold(), *cell.casefold().split())
    ]
    return {wanted[part]: place for part, place in reversed(found) if part in wanted}


def _said(name: str, text: str, cell: object) -> str:
    """Return what a cell says. Raises NumberForMonth, UnknownCalendar."""
    if name == "birth_date":
        if isinstance(cell, float) and _LOST_ZERO.fullmatch(text):
            raise NumberForMonth(number=text)
        found = _MONTH.fullmatch(names.typed(text))
        return "-".join([found[1], *(part.zfill(2) for part in found.groups()[1:] if part)]) if found else text
    if name == "calendar":
        return calendars.named(text)
    if name == "site":
        return text.upper()
    return _SEXES.get(text.casefold(), text) if name == "sex" else text


def register(desk: Desk, path: Path, reasons: Mapping[str, str]) -> Plan:
    """Register the children of the roster at *path* who are not here yet; *reasons* as in the act.

    Raises NoRosterThere, and what `read` and the act raise.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NoRosterThere(path=path) from error
    return rosters.register(desk, read(content), reasons)


def template() -> bytes:
    """Return an empty roster with its headings; cells are text, so that Excel turns no month into a date."""
    from xlsxwriter import Workbook  # as above

    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet, bold, plain = book.add_worksheet("名单 Roster"), book.add_format({"bold": True}), book.add_format()
        plain.set_num_format("@")
        sheet.set_column(0, len(HEADINGS) - 1, 22, plain)
        for column, words in enumerate(HEADINGS.values()):
            sheet.write_string(0, column, " ".join(words), bold)
        sheet.freeze_panes(1, 0)
    return content.getvalue()
