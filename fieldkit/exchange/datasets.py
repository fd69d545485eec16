"""The merged dataset as a workbook, as CSV files in one archive, or as a plain SQLite file that Datasette reads."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
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

CODES = 2  # the first columns say of whom and of which interview
Made = Callable[[Mapping[str, Table]], bytes]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at the beginning of a cell


def workbook(found: Mapping[str, Table]) -> bytes:
    """Return one sheet a table; a text longer than a cell goes on in further lines under the same codes."""
    from xlsxwriter import Workbook  # only who exports pays for it

    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        for name, table in found.items():
            lines = (line for row in table.rows for line in _lines(row))
            tables.write_sheet(book, name, table.columns, lines, [16] * len(table.columns))
    return content.getvalue()


def _lines(row: Sequence[object]) -> Iterator[list[str]]:
    cells = [tables.parts(_text(cell)) for cell in row]
    for number in range(max(map(len, cells))):
        yield [
            cell[0] if column < CODES and len(cell) == 1 else cell[number] if number < len(cell) else ""
            for column, cell in enumerate(cells)
        ]


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


FORMATS: Mapping[str, tuple[Made, str]] = {
    "xlsx": (workbook, "xlsx"),
    "csv": (csv_files, "zip"),
    "sqlite": (database, "sqlite"),
}  # how it is made, and how its file ends


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
    content, name = made(desk, form)
    return tables.kept(folder, name, content)


def made(desk: Desk, form: str) -> tuple[bytes, str]:
    """Return the file and what it is called. Raises NotAllowed, Invalid for a form that is none."""
    if form not in FORMATS:
        raise Invalid(field=N_("the kind of file"))
    make, ending = FORMATS[form]
    return make(datasets.merged(desk)), f"dataset-{desk.today}.{ending}"
