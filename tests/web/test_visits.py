from __future__ import annotations

from flask.testing import FlaskClient

from fieldkit.acts import assents, visits
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk


def test_a_visit_without_an_outcome_is_told(browser: FlaskClient, child: str) -> None:
    answer = browser.post(f"/people/{child}/visits", data={"note": "门锁着"})

    assert answer.status_code == 422
    assert "门锁着" in answer.text


def test_a_visit_is_saved_once_and_listed(browser: FlaskClient, child: str) -> None:
    for _ in range(2):
        browser.post(f"/people/{child}/visits", data={"outcome": "not_home", "note": "门锁着", "nonce": "same"})

    assert browser.get(f"/people/{child}/visits").text.count("门锁着") == 1


def test_a_name_in_the_note_is_pointed_at(browser: FlaskClient, child: str) -> None:
    data = {"outcome": "met", "note": "小满在家"}
    answer = browser.post(f"/people/{child}/visits", data=data, follow_redirects=True)

    assert "可能有真实姓名" in answer.text


def test_a_reason_is_one_tap(browser: FlaskClient, child: str) -> None:
    browser.post(f"/people/{child}/visits/not-taking-part", data={"reason": "no_time"})

    assert "没时间" in browser.get("/people").text


def test_a_visit_that_ended_with_a_refusal_leads_to_whose_no_it_is(browser: FlaskClient, consented: str) -> None:
    asked = browser.post(f"/people/{consented}/visits", data={"outcome": "refused"}, follow_redirects=True).text
    assert "是谁不愿意？" in asked
    assert "没有写明是谁" in browser.get(f"/people/{consented}").text

    assert 'name="refuses" value="mother"' in asked
    no = browser.post(f"/people/{consented}/consent", data={"refuses": "mother"})
    assert no.location.endswith("/consent/guardian/no")
    assert browser.post(no.location, data={}).status_code == 302
    page = browser.get(f"/people/{consented}").text
    assert "没有写明是谁" not in page
    assert "有人不愿意" in page


def test_a_carers_no_is_counted_and_asked_about_no_more(browser: FlaskClient, consented: str) -> None:
    browser.post(f"/people/{consented}/visits", data={"outcome": "refused"})
    browser.post(f"/people/{consented}/visits/not-taking-part", data={"reason": "carer_no"})

    assert "没有写明是谁" not in browser.get(f"/people/{consented}").text


def test_a_later_visit_does_not_say_whose_no_an_earlier_one_met(browser: FlaskClient, consented: str) -> None:
    browser.post(f"/people/{consented}/visits", data={"outcome": "refused", "nonce": "a"})
    after = browser.post(f"/people/{consented}/visits", data={"outcome": "not_home", "nonce": "b"})

    assert after.location.endswith(f"/people/{consented}")
    assert "没有写明是谁" in browser.get(f"/people/{consented}").text


def test_that_only_the_day_did_not_suit_is_kept_with_the_visit_and_asked_no_more(
    browser: FlaskClient, consented: str
) -> None:
    browser.post(f"/people/{consented}/visits", data={"outcome": "refused"})
    asked = browser.get(f"/people/{consented}/visits/refused").text
    assert "只是那天不方便" in asked

    assert browser.post(f"/people/{consented}/visits/refused", data={"whose": "mine"}).status_code == 422
    answered = browser.post(f"/people/{consented}/visits/refused", data={"whose": "not_suited"}, follow_redirects=True)

    assert "没有写明是谁" not in answered.text
    assert "只是那天不方便" in answered.text


def test_start_asks_whose_no_a_refused_visit_met_and_leads_to_the_page_for_it(
    browser: FlaskClient, desks: dict[str, Desk], consented: str
) -> None:
    visits.record(desks["interviewer"], consented, "refused")
    assents.record(desks["interviewer"], consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))

    page = browser.get(f"/people/{consented}/gates").text
    assert 'name="reason_G05" value="not_suited"' in page
    assert f'href="/people/{consented}/visits/refused"' in page
    reasons = {f"reason_{gate}": reason for gate, reason in KEPT.items()}
    assert browser.post(f"/people/{consented}/interviews", data=reasons).status_code == 409
    assert (
        browser.post(f"/people/{consented}/interviews", data={**reasons, "reason_G05": "not_suited"}).status_code == 302
    )
