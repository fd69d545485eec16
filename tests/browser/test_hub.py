"""The hub's own page, as whoever runs it sees it after two laptops have exchanged."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fieldkit.acts import exchange, hubs
from fieldkit.acts.desk import Desk
from sync.client import Card
from sync.hub import create_app
from sync.hub_server import listening

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def test_the_page_of_a_hub_counts_and_names_nobody(
    chromium: Browser, desks: dict[str, Desk], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    told = hubs.read_pass(hubs.write_pass(desks["coordinator"]))
    centre = hubs.opened(told, f"sqlite:///{tmp_path / 'hub.db'}", "CN", lambda: "2026-05-01T10:00+08:00")
    page = chromium.new_page(viewport={"width": 360, "height": 900})
    with listening(create_app(centre), "127.0.0.1", 0) as server:
        card = Card(centre.study, f"http://127.0.0.1:{server.bind_addr[1]}", centre.key)
        for role in ("coordinator", "interviewer"):
            exchange.take_card(desks[role], hubs.write_card(card))
            assert exchange.run(desks[role]).done
        page.goto(card.url)
        expect(page.get_by_role("row", name="认得的设备")).to_contain_text("4")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert desks["interviewer"].me.name not in page.inner_text("body")
        folder = PICTURES if pytestconfig.getoption("--pictures") else tmp_path
        page.screenshot(path=folder / "hub-status.png", full_page=True)
    page.close()
    centre.close()
