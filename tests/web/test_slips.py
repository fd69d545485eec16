from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient


def test_a_coordinator_draws_no_slip(sit: Callable[[str], FlaskClient], child: str) -> None:
    assert sit("coordinator").get(f"/people/{child}/slip").status_code == 403


def test_the_slip_says_how_to_leave_and_names_no_child(browser: FlaskClient, child: str) -> None:
    page = browser.get(f"/people/{child}/slip").text

    assert "凭这个编号，随时可以退出" in page
    assert re.search(r">[3-9A-Y]{8}<", page)
    assert "小满" not in page
    assert "留守" not in page
