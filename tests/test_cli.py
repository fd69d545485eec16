"""Commands: refused with a sentence in both languages and exit code 3, a wrong command with 2."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from fieldkit import console
from fieldkit.acts import users
from fieldkit.cli import main
from fieldkit.clock import Clock
from fieldkit.store import copies
from fieldkit.store.folder import Folder


@pytest.fixture(autouse=True)
def typed(monkeypatch: pytest.MonkeyPatch, passphrase: str) -> None:
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", passphrase)


@pytest.mark.parametrize("port", ["abc", "99999", "-1", ""])
def test_a_port_that_is_none_is_told_in_both_languages(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--port={port}"])

    assert ended.value.code == 2
    assert "端口是 0 到 65535 的数 a port is a number" in capsys.readouterr().err


def test_an_empty_word_names_no_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bundle", "write", "", "--data", str(tmp_path)])

    assert ended.value.code == 2
    assert "没写在哪里 no place is named" in capsys.readouterr().err


def test_the_demo_has_no_door_for_phones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--demo", "--lan"]) == 3
    assert "demo_has_no_door" in capsys.readouterr().err


def test_the_demo_takes_no_data_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["serve", "--demo", "--data", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "演示里的人都是虚构的" in said
    assert "Leave out --data" in said


def test_a_refusal_for_machines_holds_its_code_and_both_sentences(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["check", "--data", str(tmp_path), "--json"]) == 3
    said = json.loads(capsys.readouterr().out)

    assert said["refused"] == "not_set_up"
    assert said["zh_CN"]
    assert said["en"]


def test_a_request_can_be_written_once_more_and_an_invitation_taken_up_once(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop, first, again, answer = (str(tmp_path / name) for name in ("laptop", "first", "again", "answer"))
    office = str(shutil.copytree(four_machines / "coordinator", tmp_path / "office"))
    for file in (first, again):
        assert main(["join", "request", file, "--data", laptop, "--name", "周越"]) == 0
    assert Path(first).read_bytes() == Path(again).read_bytes()
    assert main(["join", "invite", again, answer, "--data", office]) == 0
    assert main(["join", "accept", answer, "--data", laptop]) == 0
    capsys.readouterr()

    assert main(["join", "accept", answer, "--data", laptop]) == 3
    assert "already holds a study" in capsys.readouterr().err


def test_a_passphrase_that_is_no_text_breaks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", "\udcff\udcfe four plain words")

    assert main(["found", "--data", str(tmp_path), "--name", "陈静"]) == 0
    assert main(["check", "--data", str(tmp_path)]) == 0


def test_a_torn_backup_is_refused_and_a_study_is_not_restored_over(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop, file = str(shutil.copytree(four_machines / "coordinator", tmp_path / "laptop")), tmp_path / "b"
    file.write_bytes(b"fieldkit backup 1\n{}")

    assert main(["restore", str(file), "--data", str(tmp_path / "new")]) == 3
    assert "(not_a_backup)" in capsys.readouterr().err
    assert main(["restore", str(file), "--data", laptop]) == 3
    assert "(not_empty)" in capsys.readouterr().err


def test_a_backup_is_restored_into_an_empty_folder(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop, new = str(shutil.copytree(four_machines / "coordinator", tmp_path / "laptop")), str(tmp_path / "new")
    assert main(["backup", str(tmp_path), "--data", laptop, "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    file = written["path"]
    assert written["older"] == []
    assert main(["restore", file, "--data", new]) == 0
    assert main(["check", "--data", new]) == 0


def test_a_backup_that_still_holds_what_was_erased_is_named_when_the_next_one_is_written(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], passphrase: str
) -> None:
    laptop = shutil.copytree(four_machines / "coordinator", tmp_path / "laptop")
    with closing(Folder.open(laptop)) as folder:
        desk = users.unlock(folder, folder.slots[0]["code"], passphrase, Clock())
        with desk.db.writing() as tables:
            copies.look_into(tables, copies.keep(tables, "E:\\old.backup", "2026-09-03"), tables)
            for stream, _ in list(copies.every(tables)[1].ends.items()):
                copies.emptied(tables, stream, 1)
        desk.db.close()

    assert main(["backup", str(tmp_path), "--data", str(laptop)]) == 0

    assert "2026-09-03" in capsys.readouterr().out


def test_a_backup_is_not_written_over_a_photo_and_opens_only_for_its_people(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, photo = str(shutil.copytree(four_machines / "coordinator", tmp_path / "laptop")), tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff")
    for command in (["backup"], ["bundle", "write"]):
        assert main([*command, str(photo), "--data", laptop]) == 3
        assert "(occupied)" in capsys.readouterr().err
    assert photo.read_bytes() == b"\xff\xd8\xff"

    file = str(tmp_path / "b")
    assert main(["backup", file, "--data", laptop]) == 0
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", "not the right words")
    assert main(["restore", file, "--data", str(tmp_path / "new")]) == 3
    assert "(backup_closed)" in capsys.readouterr().err


def test_a_request_and_its_answer_are_not_written_over_a_photo(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office, photo = str(shutil.copytree(four_machines / "coordinator", tmp_path / "office")), tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff")
    asked, new = str(tmp_path / "asked"), ["--data", str(tmp_path / "new"), "--name", "周越"]
    assert main(["join", "request", str(photo), *new]) == 3
    assert "(occupied)" in capsys.readouterr().err
    assert main(["join", "request", asked, *new]) == 0
    assert main(["join", "invite", asked, str(photo), "--data", office]) == 3
    assert "(occupied)" in capsys.readouterr().err
    assert photo.read_bytes() == b"\xff\xd8\xff"


def test_founding_prints_the_words_once_and_they_recover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--data", str(tmp_path / "new")]
    assert main(["found", *place, "--name", "陈静", "--institution", "某大学"]) == 0
    chinese, english = capsys.readouterr().out.splitlines()[-2:]
    assert len(chinese.split()) == len(english.split()) == 12
    monkeypatch.setenv("FIELDKIT_WORDS", "的 的 的")
    assert main(["recover", *place]) == 3
    monkeypatch.setenv("FIELDKIT_WORDS", english)
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", "another four plain words")
    assert main(["recover", *place]) == 0
    assert main(["check", *place]) == 0
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", "four plain words here")
    assert main(["check", *place]) == 3


def test_without_a_terminal_a_command_says_that_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], four_machines: Path, tmp_path: Path
) -> None:
    def nobody(_prompt: str) -> str:
        raise EOFError

    monkeypatch.delenv("FIELDKIT_PASSPHRASE")
    monkeypatch.setattr(console, "getpass", nobody)
    shutil.copytree(four_machines / "interviewer", tmp_path / "laptop")

    assert main(["check", "--data", str(tmp_path / "laptop")]) == 3
    assert "nobody_to_ask" in capsys.readouterr().err


def _roster(path: Path, *lines: list[str]) -> str:
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([["称呼", "性别", "出生年月", "调查点"], *lines]):
            sheet.write_row(number, 0, cells)
    return str(path)


def test_a_misspelt_roster_says_that_no_such_file_is_there(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop, wrong = str(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop")), tmp_path / "no-such.xlsx"

    assert main(["roster", str(wrong), "--data", laptop]) == 3
    said = capsys.readouterr().err
    assert "(no_roster_there)" in said
    assert str(wrong) in said
    assert "stick" not in said


def test_a_roster_that_is_none_is_refused(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop, file = str(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop")), tmp_path / "x.xlsx"
    file.write_bytes(b"called,sex")

    assert main(["roster", str(file), "--data", laptop]) == 3
    assert "(no_roster)" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["", "V31", "V31=", "=date_right"])
def test_a_reason_without_its_code_is_told_in_both_languages(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["roster", "r.xlsx", f"--reason={wrong}"])

    assert ended.value.code == 2
    assert "写成 代码=原因" in capsys.readouterr().err


def test_a_roster_that_wants_a_reason_lists_the_codes_and_takes_one(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = str(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))
    line = ["男", f"{Clock().today().year - 12}-01", "A03"]
    assert main(["roster", _roster(tmp_path / "first.xlsx", ["小雨", *line]), "--data", laptop]) == 0
    file = _roster(tmp_path / "r.xlsx", ["小河", *line])
    monkeypatch.setattr(console, "Clock", lambda: Clock(timedelta(days=9)))

    for reasons in ([], ["--reason", "V31=because"], ["--reason", "V30=date_right"]):
        assert main(["roster", file, "--data", laptop, *reasons]) == 3
        said = capsys.readouterr().err
        assert "--reason V31=date_right" in said
        assert "核对过，日期是对的" in said
        assert "Checked: the date is right" in said
        assert "(which_reason)" in said
    assert main(["roster", file, "--data", laptop, "--reason", "V31=date_right"]) == 0
    assert "Registered: 1." in capsys.readouterr().out


def test_a_roster_registers_whom_it_can_once_and_names_the_other_lines(
    four_machines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop = str(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))
    born = f"{Clock().today().year - 12}-01"
    file = _roster(tmp_path / "r.xlsx", ["小河", "男", born, "A03"], ["小禾", "女", "十二", "A03"])

    assert main(["roster", file, "--data", laptop]) == 0
    said = capsys.readouterr().out
    assert "Registered: 1." in said
    assert "3 出生年月:" in said
    assert main(["roster", file, "--data", laptop, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["n"], again["here"], again["refused"], again["lines"][0][:2]) == (0, 1, 1, [3, "出生年月"])
