"""The merged dataset as a workbook, as CSV files in one archive, or as a plain SQLite file that Datasette reads."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from fieldkit.acts import datasets
from fieldkit.acts.datasets import Table
from fieldkit.acts.desk import Desk
from fieldkit.errors import Invalid
from fieldkit.exchange import tables
from fieldkit.i18n import N_
from fieldkit.store import plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at the beginning of a cell


def workbook(found: Mapping[str, Table]) -> bytes:
    """Return one sheet a table; a text longer than a cell goes on in further lines, numbered in the last column."""
    from xlsxwriter import Workbook  # only who exports pays for it

    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        for name, table in found.items():
            lines = (line for row in table.rows for line in _lines(row, table.codes))
            columns = (*table.columns, "continued")
            tables.write_sheet(book, name, columns, lines, [16] * len(columns))
    return content.getvalue()


def _lines(row: Sequence[object], codes: int) -> Iterator[list[str]]:
    cells = [tables.parts(_text(cell)) for cell in row]
    for number in range(max(map(len, cells))):
        again = [cell[0] for cell in cells[:codes]]
        rest = [cell[number] if number < len(cell) else "" for cell in cells[codes:]]
        yield [*again, *rest, str(number) if number else ""]


def csv_files(found: Mapping[str, Table]) -> bytes:
    """Return one file a table in a ZIP archive: UTF-8 with a mark, so that Excel reads the Chinese."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, table in found.items():
            archive.writestr(f"{name}.csv", b"\xef\xbb\xbf" + _csv(table).encode())
    return content.getvalue()


def database(found: Mapping[str, Table]) -> bytes:
    """Return a SQLite file with one table a table."""
    return plain.database({name: (table.columns, table.rows) for name, table in found.items()})


@dataclass(frozen=True)
class Format:
    """A kind of file: how it is made, how its name ends, and its media type."""

    make: Callable[[Mapping[str, Table]], bytes]
    ending: str
    media: str


FORMATS: Mapping[str, Format] = {
    "xlsx": Format(workbook, "xlsx", tables.XLSX),
    "csv": Format(csv_files, "zip", "application/zip"),
    "sqlite": Format(database, "sqlite", "application/vnd.sqlite3"),
}


def _csv(table: Table) -> str:
    lines = StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(table.columns)
    writer.writerows([_no_formula(_text(cell)) for cell in row] for row in table.rows)
    return lines.getvalue()


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _no_formula(text: str) -> str:
    """A child's words that begin like a formula are no formula: an apostrophe in front keeps them a text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write(desk: Desk, folder: Path, form: str) -> Path:
    """Write the merged dataset as one of FORMATS to *folder*; nothing is replaced.

    Raises NotAllowed, Invalid, DiskFull, NoSuchPlace.
    """
    made = make(desk, form)
    return tables.write_whole(folder, made.name, made.content)


@dataclass(frozen=True)
class File:
    """A file that is not written anywhere yet."""

    name: str
    content: bytes = field(repr=False)
    media: str


def make(desk: Desk, form: str) -> File:
    """Return the merged dataset as a file. Raises NotAllowed, Invalid for a form that is none."""
    if form not in FORMATS:
        raise Invalid(field=N_("the kind of file"))
    chosen = FORMATS[form]
    return File(f"dataset-{desk.today}.{chosen.ending}", chosen.make(datasets.merged(desk)), chosen.media)
