from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from fieldkit.acts import answers, consents, handover, late_entries, people, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import NoSuchPlace
from fieldkit.acts.late_entries import PaperTold
from fieldkit.errors import DiskFull, NotAllowed
from fieldkit.exchange import tables
from fieldkit.exchange.tables import LONGEST_CELL
from fieldkit.studies import load_study

Desks = dict[str, Desk]
Export = Callable[[], Workbook]
QUESTION, ASKED_ZH, OUTCOME, TEXT, CONTINUED, CONFLICT = 8, 9, 11, 13, 14, 15  # columns of the first sheet


@pytest.fixture
def export(desks: Desks, tmp_path: Path) -> Export:
    """Carry the laptop's stick to the coordinator, export there, and open the file as Excel does."""

    def make() -> Workbook:
        handover.write(desks["interviewer"], tmp_path / "stick")
        handover.read(desks["coordinator"], tmp_path / "stick")
        return load_workbook(tables.write_interviews(desks["coordinator"], tmp_path / "out").path)

    return make


@pytest.fixture
def says(desks: Desks, interview: str) -> Callable[[str], None]:
    def save(text: str) -> None:
        answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", text))

    return save


def column(book: Workbook, place: int) -> list[object]:
    return [row[place - 1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]


@pytest.mark.parametrize("role", ["interviewer", "translator", "sg_lead"])
def test_only_a_coordinator_exports(desks: Desks, tmp_path: Path, role: str) -> None:
    with pytest.raises(NotAllowed):
        tables.write_interviews(desks[role], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_told(desks: Desks, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"x")
    with pytest.raises(NoSuchPlace):
        tables.write_interviews(desks["coordinator"], tmp_path / "a file" / "out")


@contextmanager
def full_disk() -> Iterator[None]:
    """Inside, no file can grow beyond a kilobyte."""
    resource = pytest.importorskip("resource", reason="limits of this kind are POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_second_export_of_a_day_replaces_nothing(desks: Desks, tmp_path: Path) -> None:
    today = desks["coordinator"].today
    for name in ("interviews-{}.xlsx", "interviews-{}-2.xlsx.new"):
        (tmp_path / name.format(today)).write_bytes(b"of somebody")
    (tmp_path / f"interviews-{today}-2.xlsx").symlink_to("nowhere")

    report = tables.write_interviews(desks["coordinator"], tmp_path)
    assert report.path == tmp_path / f"interviews-{today}-3.xlsx"
    assert (tmp_path / f"interviews-{today}.xlsx").read_bytes() == b"of somebody"
    assert (tmp_path / f"interviews-{today}-2.xlsx").is_symlink()
    assert (tmp_path / f"interviews-{today}-2.xlsx.new").read_bytes() == b"of somebody"
    assert load_workbook(report.path).sheetnames


def test_a_full_disk_leaves_the_old_file_and_no_half_one(desks: Desks, tmp_path: Path) -> None:
    before = tables.write_interviews(desks["coordinator"], tmp_path).path.read_bytes()
    with pytest.raises(DiskFull), full_disk():
        tables.write_interviews(desks["coordinator"], tmp_path)

    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert [path.read_bytes() for path in files] == [before]


def test_chinese_comes_back_as_it_was_typed(export: Export, says: Callable[[str], None]) -> None:
    says("下雨放学的时候，\n别人都有伞。𠮷 👧")
    book = export()

    assert column(book, TEXT) == ["下雨放学的时候，\n别人都有伞。𠮷 👧"]
    assert book.worksheets[0].title == "访谈 Interviews"
    assert [cell.value for cell in book.worksheets[0][2]][:1] == ["ZK-A03-001"]
    (asked,) = column(book, ASKED_ZH)
    assert "聊" in str(asked)


def test_a_text_is_never_a_formula_a_number_or_an_error(export: Export, desks: Desks, interview: str) -> None:
    texts = ["=1+1", "=cmd|' /C calc'!A0", "+86", "-2", "@SUM(A1)", "#N/A", "TRUE", "12", "2014-05"]
    for question, text in zip(load_study().guide.questions, texts, strict=False):
        answers.save(desks["interviewer"], SaveAnswer(interview, question.id, f"editor-{question.id}", "", text))

    cells = [row[TEXT - 1] for row in export().worksheets[0].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in texts]


def test_what_no_file_can_hold_is_marked_and_the_file_opens(export: Export, says: Callable[[str], None]) -> None:
    says("一\x01二\x0b三\ufffe四\uffff五\t六")

    assert column(export(), TEXT) == ["一\ufffd二\ufffd三\ufffd四\ufffd五\t六"]


def test_a_long_text_goes_on_in_further_rows(export: Export, says: Callable[[str], None]) -> None:
    text = "".join(chr(0x4E00 + place % 5000) for place in range(50_000))
    says(text)
    book = export()

    parts = [str(part) for part in column(book, TEXT)]
    assert ("".join(parts), [len(part) for part in parts]) == (text, [LONGEST_CELL, 50_000 - LONGEST_CELL])
    assert column(book, CONTINUED) == [None, "1"]
    assert column(book, QUESTION) == ["W1", "W1"]


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("字a𠮷👧\n"), max_size=30), st.sampled_from(["字", "𠮷", "a𠮷", "👧字"]))
def test_a_cut_loses_nothing_tears_nothing_and_fits(start: str, often: str) -> None:
    text = start + often * 20_000
    parts = tables.parts(text)

    assert "".join(parts) == text
    assert all(len(part.encode("utf-16-le")) <= 2 * LONGEST_CELL for part in parts)
    assert tables.parts("") == [""]


def test_a_withdrawn_child_is_left_out_and_counted(
    export: Export, says: Callable[[str], None], desks: Desks, consented: str
) -> None:
    says("下雨")
    withdrawals.withdraw_each(desks["interviewer"], [consented])
    book = export()

    assert column(book, TEXT) == []
    assert [row[1] for row in book.worksheets[2].iter_rows(min_row=2, values_only=True)] == ["0", "1"]


def test_what_waits_for_a_consent_is_left_out_and_counted(
    export: Export, says: Callable[[str], None], desks: Desks
) -> None:
    says("下雨")
    with desks["interviewer"].db.writing() as stored:  # the stick brings all but the consents
        stored.execute("DELETE FROM changes WHERE kind = 'consent_event'")
    book = export()

    assert column(book, TEXT) == []
    assert [row[1] for row in book.worksheets[2].iter_rows(min_row=2, values_only=True)] == ["1", "0"]


def test_who_does_not_take_part_is_counted_by_reason(export: Export, desks: Desks, child: str) -> None:
    consents.record(desks["interviewer"], child, GuardianAnswer("mother", {"participate": "no"}, []))

    rows = list(export().worksheets[1].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 1
    assert rows[0][1] == "1"


def test_a_conflict_is_marked(export: Export, says: Callable[[str], None], desks: Desks, interview: str) -> None:
    says("下雨")
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-2", "", "下雪"))

    assert column(export(), CONFLICT) == ["是 yes"]


def test_no_real_name_is_in_any_part_of_the_file(
    export: Export, says: Callable[[str], None], desks: Desks, consented: str, tmp_path: Path
) -> None:
    says("下雨放学")
    export()
    (path,) = (tmp_path / "out").iterdir()
    with zipfile.ZipFile(path) as parts:
        content = b"".join(parts.read(name) for name in parts.namelist()).decode(errors="replace")

    name = people.case(desks["interviewer"], consented).pseudonym
    assert name is not None
    assert name.zh in content
    assert "下雨放学" in content
    assert [real for real in ("刘某", "小满", "王某", "0394-0000000") if real in content] == []


def test_what_was_typed_in_from_paper_says_so_and_where_the_sheet_lies(
    export: Export, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    said = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", reasons=KEPT)
    typed = late_entries.enter(desk, consented, PaperTold(desk.today, "P-7，蓝纸袋", said))
    answers.save(desk, SaveAnswer(typed, "W1", "editor-1", "", "下雨"))
    book = export()

    found = dict(zip(column_names(book), next(book.worksheets[0].iter_rows(min_row=2, values_only=True)), strict=True))
    assert found["提纲用法 Guide"] == "完整提纲 Full guide"
    assert found["录入方式 How entered"] == "事后补录（纸质） Entered late, from paper"
    assert (found["补录日期 Typed in on"], found["纸质记录编号及存放处 Sheet"]) == (desk.today, "P-7，蓝纸袋")


def column_names(book: Workbook) -> list[object]:
    return list(next(book.worksheets[0].iter_rows(max_row=1, values_only=True)))


def test_the_report_says_what_was_written(
    desks: Desks, says: Callable[[str], None], export: Export, tmp_path: Path
) -> None:
    says("下雨")
    export()
    report = tables.write_interviews(desks["coordinator"], tmp_path / "again")

    assert (report.interviews, report.answers, report.left_out_held, report.left_out_withdrawn) == (1, 1, 0, 0)
    assert report.path == tmp_path / "again" / f"interviews-{desks['coordinator'].today}.xlsx"
    assert [path.name for path in (tmp_path / "again").iterdir()] == [report.path.name]
