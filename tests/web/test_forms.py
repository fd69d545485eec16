from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

Sit = Callable[[str], FlaskClient]
STAMP = {"stamped_on": "2026-01-02", "ethics_no": "YS-9", "valid_from": "2026-01-02", "valid_to": ""}
KINDS = [
    "guardian_info_consent",
    "carer_agreement",
    "assent_9_11",
    "assent_12_13",
    "consent_14_17",
    "adult_18",
    "gatekeeper",
]


def test_an_interviewer_neither_stamps_nor_rewrites_a_form(sit: Sit) -> None:
    browser = sit("interviewer")

    assert browser.get("/forms").status_code == 403
    assert browser.post("/forms/stamp", data={**STAMP, "doc_kind": "assent_9_11"}).status_code == 403


def test_a_stamp_that_ends_before_it_begins_is_refused_and_stays_typed(sit: Sit) -> None:
    data = {**STAMP, "doc_kind": "assent_9_11", "valid_to": "2025-12-31"}
    answer = sit("coordinator").post("/forms/stamp", data=data)

    assert answer.status_code == 422
    assert 'value="2025-12-31"' in answer.text


def test_a_stamp_reaches_the_list(sit: Sit) -> None:
    browser = sit("coordinator")

    assert browser.post("/forms/stamp", data={**STAMP, "doc_kind": "assent_9_11"}).status_code == 302
    assert "YS-9" in browser.get("/forms").text


def test_a_new_version_without_its_class_is_refused_and_stays_typed(sit: Sit) -> None:
    data = {"zh-form:carer_agreement:1": "照护人确认书", "en-form:carer_agreement:1": "Carer form"}
    answer = sit("coordinator").post("/forms/carer_agreement", data=data)

    assert answer.status_code == 422
    assert "照护人确认书" in answer.text


def test_a_new_version_waits_for_its_stamp(sit: Sit) -> None:
    browser = sit("coordinator")
    data = {
        "zh-form:carer_agreement:1": "照护人确认书",
        "en-form:carer_agreement:1": "Carer form",
        "change_class": "minor",
    }

    assert browser.post("/forms/carer_agreement", data=data).status_code == 302
    assert "还没有盖章" in browser.get("/forms").text
    assert "照护人确认书" not in browser.get("/forms/carer_agreement/print").text


@pytest.mark.parametrize("doc_kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_every_form_can_be_printed_and_nothing_is_left_to_fill(sit: Sit, doc_kind: str, lang: str) -> None:
    page = sit("interviewer").get(f"/forms/{doc_kind}/print?lang={lang}").text
    sheet = page[page.index('class="leaf"') :]

    assert "{" not in sheet
    assert "留守" not in sheet
    assert ("同意" in sheet or "愿意" in sheet or "允许" in sheet) == (lang != "en")
    assert "□" in sheet or doc_kind in {"carer_agreement", "gatekeeper"}


def test_a_form_that_there_is_none_of_is_not_printed(sit: Sit) -> None:
    assert sit("interviewer").get("/forms/nothing/print").status_code == 404
