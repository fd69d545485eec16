from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook


def test_only_a_coordinator_exports(browser: FlaskClient) -> None:
    assert browser.get("/exports").status_code == 403
    assert browser.post("/exports/interviews").status_code == 403
    assert browser.post("/exports/dataset/csv").status_code == 403


def test_a_kind_of_file_that_does_not_exist_is_refused(sit: Callable[[str], FlaskClient]) -> None:
    assert sit("coordinator").post("/exports/dataset/dbf").status_code == 422


@pytest.mark.parametrize(("form", "begins"), [("xlsx", b"PK"), ("csv", b"PK"), ("sqlite", b"SQLite format 3")])
def test_the_merged_dataset_is_handed_over(sit: Callable[[str], FlaskClient], form: str, begins: bytes) -> None:
    answer = sit("coordinator").post(f"/exports/dataset/{form}")

    assert answer.data.startswith(begins)
    assert "dataset-" in answer.headers["Content-Disposition"]


def test_the_dataset_is_handed_over_as_xlsx(sit: Callable[[str], FlaskClient]) -> None:
    answer = sit("coordinator").post("/exports/interviews")

    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    assert load_workbook(BytesIO(answer.data)).sheetnames


def test_what_leaves_in_both_languages(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("coordinator")
    assert "导出去的" in browser.get("/exports").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "What leaves" in browser.get("/exports").text
