from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import slips
from fieldkit.acts.slips import FamilySlip
from fieldkit.studies import Pair


def test_a_coordinator_draws_no_slip(sit: Callable[[str], FlaskClient], child: str) -> None:
    assert sit("coordinator").get(f"/people/{child}/slip").status_code == 403


def test_the_slip_says_how_to_leave_and_names_no_child(browser: FlaskClient, child: str) -> None:
    page = browser.get(f"/people/{child}/slip").text

    assert "凭这个编号，随时可以退出" in page
    assert re.search(r">[3-9A-Y]{8}<", page)
    assert "小满" not in page
    assert "留守" not in page


def test_an_institution_without_an_english_name_stands_on_the_slip_once(
    browser: FlaskClient, child: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip = FamilySlip(Pair("研究", "Study"), Pair("某大学", "某大学"), "0000-1", "ACDE3467")
    monkeypatch.setattr(slips, "family_slip", lambda *_: slip)

    for lang in ("zh", "en"):
        browser.set_cookie("lang", lang, domain="127.0.0.1")
        assert browser.get(f"/people/{child}/slip").text.count("某大学") == 1
