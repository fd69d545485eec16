"""What a reader chooses of the display: kept in a cookie, for every page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


def test_a_brightness_that_does_not_exist_is_not_kept_and_not_written_into_a_page(browser: FlaskClient) -> None:
    assert "theme=" not in str(browser.post("/language", data={"theme": "neon"}).headers)
    browser.set_cookie("theme", "neon", domain="127.0.0.1")

    assert "data-theme" not in browser.get("/today").text


@pytest.mark.parametrize("chosen", ["light", "low"])
def test_the_light_and_the_black_screen_hold_on_every_page_until_the_system_decides_again(
    browser: FlaskClient, interview: str, chosen: str
) -> None:
    back = f"/interviews/{interview}"
    assert browser.post("/language", data={"theme": chosen, "back": back}).location == back
    for path in (back, "/today"):
        page = browser.get(path).text
        assert f'data-theme="{chosen}"' in page.split("<body")[0]
        assert f'name="theme" value="{chosen}" aria-pressed="true"' in page

    browser.post("/language", data={"theme": "auto"})
    assert "data-theme" not in browser.get(back).text
