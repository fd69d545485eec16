from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import answers, backups, questions, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull
from fieldkit.store import copies, gaps
from fieldkit.store.gaps import Gap
from fieldkit.web import pages
from fieldkit.web.site import HOME

PASSPHRASE = "four plain words here"


def sign_in(browser: FlaskClient) -> None:
    code = browser.get("/unlock").text.split('name="code" value="')[1].split('"')[0]
    assert browser.post("/unlock", data={"code": code, "passphrase": PASSPHRASE}).status_code == 302


def test_a_locked_laptop_writes_no_backup(locked: FlaskClient) -> None:
    assert locked.get("/backup").status_code == 302
    assert locked.post("/backup/download", data={}).status_code == 401


def test_nothing_is_restored_over_a_study_or_from_nothing(locked: FlaskClient, empty: FlaskClient) -> None:
    said = {"passphrase": PASSPHRASE}
    assert locked.post("/restore", data={"backup": (BytesIO(b"x"), "x.backup"), **said}).status_code == 409
    assert empty.post("/restore", data=dict(said)).status_code == 422
    refused = empty.post("/restore", data={"backup": (BytesIO(b"x" * 9000), "x.backup"), **said})
    assert refused.status_code == 422
    assert "不是完整的 fieldkit 备份" in refused.text


def test_what_was_saved_on_one_laptop_opens_on_another(locked: FlaskClient, empty: FlaskClient) -> None:
    sign_in(locked)
    saved = locked.post("/backup/download", data={})
    assert saved.status_code == 200
    assert ".backup" in saved.headers["Content-Disposition"]

    restored = empty.post("/restore", data={"backup": (BytesIO(saved.data), "a.backup"), "passphrase": PASSPHRASE})
    restored.request.environ["wsgi.input"].close()  # the test client's own temporary file
    assert restored.location == "/unlock"
    sign_in(empty)
    assert "项目协调员" in empty.get("/inbox").text


def test_a_download_is_handed_out_part_by_part_and_nothing_of_it_is_left(
    locked: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(locked)
    monkeypatch.setattr(pages, "PART", 4096)
    saved = locked.post("/backup/download", data={})
    parts = list(saved.iter_encoded())
    saved.close()
    assert max(map(len, parts)) == 4096
    assert sum(map(len, parts)) == saved.content_length > 3 * 4096
    folder = locked.application.extensions["fieldkit"].machines[HOME].folder.path
    assert not list(folder.glob("scratch-*"))


def test_it_can_be_written_to_a_folder_and_read_from_there(
    locked: FlaskClient, empty: FlaskClient, tmp_path: Path
) -> None:
    sign_in(locked)
    assert locked.post("/backup/write", data={"path": "stick"}).status_code == 422
    assert locked.post("/backup/write", data={"path": str(tmp_path)}).status_code == 302
    (path,) = tmp_path.glob("fieldkit-C1-*.backup")
    wrong = empty.post("/restore", data={"path": str(path), "passphrase": "wrong wrong wrong wrong"})
    assert wrong.status_code == 401
    assert "打不开这份备份" in wrong.text
    assert "wrong wrong" not in wrong.text
    assert empty.post("/restore", data={"path": str(path), "passphrase": PASSPHRASE}).location == "/unlock"


def test_what_lies_in_the_way_stays_and_the_page_says_what_to_do(locked: FlaskClient, tmp_path: Path) -> None:
    sign_in(locked)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    for page in ("/backup/write", "/handover/write"):
        refused = locked.post(page, data={"path": str(tmp_path / "photo.jpg")})
        assert refused.status_code == 422
        assert "已经有别的东西" in refused.text
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8\xff"


@pytest.fixture
def taken_back(desks: dict[str, Desk], interview: str, tmp_path: Path) -> Path:
    """A backup from before the child took something back."""
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, "下雨天在外婆家")
    answers.save(me, said)
    backups.write(me, tmp_path / "older.backup")
    answers.off_record(me, said, "下雨天在外婆家")
    return tmp_path / "older.backup"


def test_a_backup_that_is_not_listed_cannot_be_given_up(browser: FlaskClient) -> None:
    for number in ("", "x", "7"):
        assert browser.post("/backup/destroyed", data={"number": number}).status_code == 404


def test_an_older_backup_that_holds_what_was_erased_is_named_until_it_is_replaced_and_deleted(
    browser: FlaskClient, desks: dict[str, Desk], taken_back: Path, tmp_path: Path
) -> None:
    (one,) = backups.holding(desks["interviewer"])
    assert "以前的备份" in browser.get("/today").text
    page = browser.get("/backup").text
    assert "请先重新备份，再删除旧备份" in page
    assert str(taken_back) in page
    assert "已经删掉了" not in page
    refused = browser.post("/backup/destroyed", data={"number": one.number})
    assert (refused.status_code, "先重新做一份备份" in refused.text) == (409, True)

    assert browser.post("/backup/write", data={"path": str(tmp_path)}).status_code == 302
    refused = browser.post("/backup/destroyed", data={"number": one.number})
    assert (refused.status_code, "这份备份还在" in refused.text) == (409, True)
    taken_back.unlink()
    button = re.search(
        r'<button class="btn">已经删掉了<span class="vh">：([^<]*的备份)</span></button>', browser.get("/backup").text
    )
    assert button
    assert browser.post("/backup/destroyed", data={"number": one.number}).location == "/backup"

    page = browser.get("/backup").text
    assert f"已从列表中去掉：{button[1].removesuffix('的备份')} 的备份。" in page
    assert "以前的备份" not in browser.get("/today").text + page


def test_a_downloaded_backup_is_named_by_its_file_name(
    browser: FlaskClient, desks: dict[str, Desk], interview: str
) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, "下雨天在外婆家")
    answers.save(me, said)
    assert browser.post("/backup/download", data={}).status_code == 200
    answers.off_record(me, said, "下雨天在外婆家")

    assert f"{backups.new_name(me)}</span>" in browser.get("/backup").text


def _makes_stale(at: Desk) -> None:
    at.db.copy_to(at.folder.backups / "2026-03-09-080507-fieldkit.db")
    with at.db.writing() as tables:
        copies.set_stale(tables)


def test_a_copy_that_stays_is_named_with_what_to_do_until_it_is_gone(
    browser: FlaskClient, desks: dict[str, Desk]
) -> None:
    me = desks["interviewer"]
    (me.folder.backups / "2026-03-09-080507-fieldkit.db").write_bytes(b"torn")
    with me.db.writing() as tables:
        copies.set_stale(tables)
    assert "没有换掉的" not in browser.get("/backup").text
    assert browser.post("/backup/renew").location == "/backup"

    page = browser.get("/backup").text
    assert "没有换掉的" in page
    assert "2026-03-09-080507-fieldkit.db" in page
    assert "/backup/renew" in page
    assert "以前的备份" in browser.get("/today").text
    (me.folder.backups / "2026-03-09-080507-fieldkit.db").unlink()
    assert "没有换掉的" not in browser.get("/backup").text
    assert "以前的备份" not in browser.get("/today").text


def test_a_download_takes_the_place_of_an_older_backup_once_a_person_says_it_is_saved(
    browser: FlaskClient, desks: dict[str, Desk], taken_back: Path
) -> None:
    assert browser.post("/backup/saved", data={"number": 1}).status_code == 404
    assert browser.post("/backup/download").status_code == 200
    page = browser.get("/backup").text
    assert "已经删掉了" not in page
    number = re.search(r'/backup/saved.*?name="number" value="(\d+)"', page)
    assert number
    assert browser.post("/backup/saved", data={"number": number[1]}).location == "/backup"
    page = browser.get("/backup").text
    assert "已经删掉了" in page
    assert "/backup/saved" not in page


def test_after_a_restore_the_page_says_which_backups_are_not_known_until_one_is_written(
    locked: FlaskClient, empty: FlaskClient, tmp_path: Path
) -> None:
    sign_in(locked)
    assert locked.post("/backup/write", data={"path": str(tmp_path)}).status_code == 302
    assert "恢复的，不知道" not in locked.get("/backup").text
    (path,) = tmp_path.glob("fieldkit-C1-*.backup")
    assert empty.post("/restore", data={"path": str(path), "passphrase": PASSPHRASE}).location == "/unlock"
    sign_in(empty)
    assert "恢复的，不知道" in empty.get("/backup").text
    assert empty.post("/backup/download").status_code == 200
    assert "恢复的，不知道" not in empty.get("/backup").text


def _left(at: Desk) -> list[str]:
    return [one.suffix for one in at.folder.backups.iterdir()]


def test_this_laptops_own_copies_are_replaced_at_the_page_with_one_tap(
    browser: FlaskClient, desks: dict[str, Desk]
) -> None:
    assert "/backup/renew" not in browser.get("/backup").text
    _makes_stale(desks["interviewer"])
    assert "/backup/renew" in browser.get("/backup").text
    assert _left(desks["interviewer"]) == [".db"]
    assert browser.post("/backup/renew").location == "/backup"
    assert _left(desks["interviewer"]) == [".backup"]


def test_they_are_replaced_when_the_laptop_is_locked_and_when_it_is_unlocked(locked: FlaskClient) -> None:
    machine = locked.application.extensions["fieldkit"].machines[HOME]
    code = machine.folder.slots[0]["code"]
    before = users.unlock(machine.folder, code, PASSPHRASE, Clock())
    _makes_stale(before)
    before.db.close()

    sign_in(locked)
    assert _left(machine.desk) == [".backup"]
    _makes_stale(machine.desk)
    at = machine.desk
    assert locked.post("/lock").status_code == 302
    assert _left(at) == [".backup"]


def test_what_cannot_be_replaced_keeps_nobody_from_locking_and_the_page_says_so(
    browser: FlaskClient, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Desk) -> int:
        raise DiskFull

    _makes_stale(desks["interviewer"])
    monkeypatch.setattr(backups, "renew", full)
    refused = browser.post("/backup/renew")
    assert (refused.status_code, "/backup/renew" in refused.text, "磁盘" in refused.text) == (507, True, True)
    assert browser.post("/lock").status_code == 302


def test_a_coordinator_of_a_restored_computer_reads_it_before_anything_is_exported(
    browser: FlaskClient, desks: dict[str, Desk], sit: Callable[[str], FlaskClient]
) -> None:
    with desks["coordinator"].db.writing() as tables:
        gaps.keep(tables, Gap("2026-05-01", 2**40))
    chief = sit("coordinator")
    for path in ("/inbox", "/exports", "/backup"):
        assert "先读各台电脑最新的数据包" in chief.get(path).text

    assert chief.post("/backup/nothing-newer", data={"reason": "all_read"}).status_code == 302
    assert all("备份恢复过" not in chief.get(path).text for path in ("/inbox", "/exports"))
    assert "最新的数据包都读过了" in chief.get("/backup").text
