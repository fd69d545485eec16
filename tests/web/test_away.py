"""What a browser keeps while this laptop is out of reach: the same for everybody, and nothing of anybody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

NAMES = ("李岚", "小满", "A03", "csrf_token", "fieldkit queue")


def known(text: str) -> dict[str, Any]:
    """What the worker is told: its version, its page, its files."""
    return {name: json.loads(value) for name, value in re.findall(r"^const ([A-Z]+) = (.*);$", text, re.MULTILINE)[:3]}


@pytest.mark.parametrize("path", ["/away", "/worker.js"])
def test_a_stranger_gets_neither_the_page_nor_the_worker(stranger: Any, path: str) -> None:
    assert stranger.get(path).status_code == 403


def test_a_phone_that_is_not_known_is_told_so_that_its_worker_clears_away_what_it_keeps(
    stranger: Any, paired: Any
) -> None:
    assert stranger.get("/today").headers["X-Fieldkit"] == "stranger"
    assert "X-Fieldkit" not in paired.get("/today").headers
    assert "X-Fieldkit" not in paired.get("/today", headers={"Host": "evil.example"}).headers


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_what_holds_and_names_nobody(beside: FlaskClient, language: str) -> None:
    beside.set_cookie("lang", language, domain="127.0.0.1")
    text = beside.get("/away").text

    assert {"zh": "连不上电脑", "en": "The laptop is out of reach"}[language] in text
    assert [name for name in NAMES if name in text] == []


@pytest.mark.parametrize(("language", "words"), [("zh", "电脑的地址变了"), ("en", "another address")])
def test_the_page_says_that_notes_wait_under_the_address_that_it_has(
    beside: FlaskClient, language: str, words: str
) -> None:
    beside.set_cookie("lang", language, domain="127.0.0.1")
    assert words in beside.get("/away").text


def test_the_page_is_the_same_for_whoever_is_signed_in_and_for_nobody(beside: FlaskClient, paired: Any) -> None:
    assert beside.get("/away").text == paired.get("/away").text


def test_the_worker_keeps_that_page_and_the_files_and_nothing_else(beside: FlaskClient) -> None:
    answer = beside.get("/worker.js")
    told = known(answer.text)

    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["SHELL"] == "/away"
    assert {"/static/fieldkit.css", "/static/js/away.js", "/static/icon.svg"} <= set(told["FILES"])
    assert [path for path in told["FILES"] if not path.startswith("/static/")] == []
    for path in told["FILES"]:
        with beside.get(path) as file:
            assert file.status_code == 200


def test_the_version_follows_what_is_kept(beside: FlaskClient, tmp_path: Any) -> None:
    def version() -> str:
        return str(known(beside.get("/worker.js").text)["VERSION"])

    before = version()
    assert version() == before
    beside.set_cookie("lang", "en", domain="127.0.0.1")
    english = version()
    assert english != before
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "worker.js").write_text("", encoding="utf-8")
    beside.application.static_folder = str(tmp_path)
    empty = version()
    (tmp_path / "fieldkit.css").write_text("main {}", encoding="utf-8")
    assert len({before, english, empty, version()}) == 4


def test_the_cover_lies_over_neither_of_them(beside: FlaskClient) -> None:
    beside.post("/cover/pin", data={"pin": "2468"})
    assert beside.get("/today").status_code == 302

    assert beside.get("/away").status_code == 200
    assert beside.get("/worker.js").status_code == 200
