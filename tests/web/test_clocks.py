from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from sync.replica import Report

Sit = Callable[[str], FlaskClient]


def test_only_a_coordinator_sees_the_clock_of_a_laptop(sit: Sit, desks: dict[str, Desk]) -> None:
    place = f"/clocks/{desks['interviewer'].device.id}"
    for role in ("interviewer", "translator", "sg_lead"):
        assert sit(role).get(place).status_code == 403
    assert sit("coordinator").get("/clocks/nobody").status_code == 404


def test_a_repair_is_led_to_from_the_devices_and_shown_beside_the_believed_day(
    sit: Sit, desks: dict[str, Desk], interview: str, consented: str, carry: Callable[[Desk, Desk], Report]
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    place, browser = f"/clocks/{desks['interviewer'].device.id}", sit("coordinator")
    assert place in browser.get("/devices").text
    first = re.search(r'<option value="(\d+)"', browser.get(place).text)
    assert first
    told = {"first": first[1], "last": first[1], "right": "2031-05-09", "reason": "battery"}
    assert browser.post(place, data={**told, "right": "soon"}).status_code == 422
    assert browser.post(place, data={**told, "reason": ""}).status_code == 422

    assert "电池没电" in browser.post(place, data=told, follow_redirects=True).text
    assert "订正：2031年5月9日" in browser.get(f"/people/{consented}").text

    browser.post(place, data={**told, "right": "2031-05-10"})  # as from a page that did not show the first one
    assert "订正不一致的日期" in browser.get("/inbox").text
    assert "两种订正" in browser.get(place).text
