from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


def test_there_is_no_switcher_outside_the_demo(locked: FlaskClient) -> None:
    assert locked.post("/demo/switch", data={"machine": "home"}).status_code == 404
    assert locked.post("/demo/carry").status_code == 404


def test_an_unknown_machine_is_not_found(browser: FlaskClient) -> None:
    assert browser.post("/demo/switch", data={"machine": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "tabs"),
    [
        ("interviewer", ["今天", "孩子", "交接", "求助卡"]),
        ("coordinator", ["收件箱", "孩子", "文本", "设备", "导出"]),
        ("translator", ["文本", "交接"]),
        ("sg_lead", ["记录", "交接", "求助卡"]),
    ],
)
def test_every_role_has_its_own_places(sit: Callable[[str], FlaskClient], role: str, tabs: list[str]) -> None:
    page = sit(role).get("/", follow_redirects=True).text
    nav = page.split("<nav")[1].split("</nav>")[0]

    places = [nav.index(tab) for tab in tabs]
    assert places == sorted(places)
    assert nav.count("<a ") == len(tabs)


def test_the_stick_is_carried(browser: FlaskClient, carried: list[str]) -> None:
    page = browser.post("/demo/carry", follow_redirects=True).text

    assert carried == ["carried"]
    assert "U盘送了一趟" in page


def test_nobody_locks_the_demo_for_the_next_visitor(browser: FlaskClient) -> None:
    browser.post("/lock")

    assert browser.get("/today").status_code == 200
