from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from flask.testing import FlaskClient
from openpyxl import load_workbook


def test_only_a_coordinator_exports(browser: FlaskClient) -> None:
    assert browser.get("/exports").status_code == 403
    assert browser.post("/exports/interviews").status_code == 403


def test_the_dataset_is_handed_over_as_xlsx(sit: Callable[[str], FlaskClient]) -> None:
    answer = sit("coordinator").post("/exports/interviews")

    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    assert load_workbook(BytesIO(answer.data)).sheetnames


def test_what_leaves_in_both_languages(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("coordinator")
    assert "导出去的" in browser.get("/exports").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "What leaves" in browser.get("/exports").text
