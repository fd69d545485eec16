from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

Sit = Callable[[str], FlaskClient]


def test_only_the_coordinator_makes_the_study_ready(sit: Sit) -> None:
    browser = sit("interviewer")

    assert browser.get("/readiness").status_code == 403
    assert browser.post("/readiness", data={"pi_name": "某某"}).status_code == 403


def test_a_refused_fact_stays_typed(sit: Sit) -> None:
    answer = sit("coordinator").post("/readiness", data={"gate": "G01", "ethics_from": "2026-02-30"})

    assert answer.status_code == 422
    assert 'value="2026-02-30"' in answer.text


def test_a_fact_that_was_taken_back_is_counted_as_missing_again(sit: Sit) -> None:
    browser = sit("coordinator")
    assert "都齐了" in browser.get("/readiness").text

    assert browser.post("/readiness", data={"gate": "G01", "pia_ref": ""}).status_code == 302
    assert "还缺 1 项" in browser.get("/readiness").text
    assert "还缺 1 项" in browser.get("/inbox").text
