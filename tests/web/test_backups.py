from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask.testing import FlaskClient

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
