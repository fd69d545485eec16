from __future__ import annotations

import json

from flask.testing import FlaskClient


def test_a_recording_laid_onto_the_page_is_refused_in_the_readers_language(
    browser: FlaskClient, interview: str
) -> None:
    path, script = f"/interviews/{interview}/attachments", {"X-Fieldkit": "script"}
    answer = browser.post(path, data={"media": "audio/mpeg"}, headers=script)

    told = json.loads(answer.text)
    assert (answer.status_code, told["code"]) == (409, "V39")
    assert "监护人和孩子没有都同意" in told["sentence"]
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "have not both agreed" in browser.post(path, data={"media": "audio/mpeg"}).text
