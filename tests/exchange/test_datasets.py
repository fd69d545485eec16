from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from fieldkit.acts.datasets import Table
from fieldkit.acts.desk import Desk
from fieldkit.errors import Invalid, NotAllowed
from fieldkit.exchange import datasets
from fieldkit.exchange.tables import LONGEST_CELL

Desks = dict[str, Desk]
CELLS = st.one_of(
    st.none(), st.integers(-(2**53), 2**53), st.text(st.characters(codec="utf-8", exclude_characters="\0"))
)


@pytest.mark.parametrize("form", sorted(datasets.FORMATS))
def test_only_a_coordinator_writes_it_and_nothing_is_left_behind(desks: Desks, tmp_path: Path, form: str) -> None:
    for role in ("interviewer", "translator", "sg_lead"):
        with pytest.raises(NotAllowed):
            datasets.write(desks[role], tmp_path / "out", form)
    assert not (tmp_path / "out").exists()


def test_a_kind_of_file_that_does_not_exist_is_refused(desks: Desks, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        datasets.write(desks["coordinator"], tmp_path, "dbf")


@pytest.mark.parametrize("form", sorted(datasets.FORMATS))
def test_a_file_that_is_there_is_not_replaced(desks: Desks, tmp_path: Path, form: str) -> None:
    first, second = (datasets.write(desks["coordinator"], tmp_path, form) for _ in range(2))

    assert first != second
    assert first.read_bytes()
    assert second.read_bytes()


TABLE = Table(
    ("case_code", "text"), 1, [("ZK-A03-001", "=1+1"), ("ZK-A03-002", "下雨了，\n奶奶来接"), ("ZK-A03-003", None)]
)


def test_csv_opens_with_its_chinese_and_without_a_formula() -> None:
    with ZipFile(BytesIO(datasets.csv_files({"answers": TABLE}))) as archive:
        content = archive.read("answers.csv").decode("utf-8-sig")

    rows = list(csv.reader(StringIO(content, newline="")))
    assert rows == [
        list(TABLE.columns),
        ["ZK-A03-001", "'=1+1"],
        ["ZK-A03-002", "下雨了，\n奶奶来接"],
        ["ZK-A03-003", ""],
    ]


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_sqlite_gives_back_every_cell(rows: list[tuple[str | int | None, str | int | None]]) -> None:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(datasets.database({"answers": Table(("case_code", "text"), 1, list(rows))}))
        assert opened.execute("SELECT case_code, text FROM answers ORDER BY rowid").fetchall() == rows


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1), st.integers(0, 3))
def test_a_workbook_cuts_no_text(text: str, times: int) -> None:
    long = (text * (LONGEST_CELL // len(text) + 1))[:LONGEST_CELL] * times + text
    book = load_workbook(
        BytesIO(
            datasets.workbook(
                {"answers": Table(("case_code", "session_code", "text", "mood"), 2, [("C", "S", long, 3)])}
            )
        )
    )
    lines = list(book["answers"].iter_rows(min_row=2, values_only=True))

    assert "".join(str(line[2]) for line in lines) == long
    assert {line[:2] for line in lines} == {("C", "S")}
    assert [line[3] for line in lines] == ["3", *[None] * (len(lines) - 1)]
    assert [line[4] for line in lines] == [None, *map(str, range(1, len(lines)))]
