"""The page of a pseudonym: closed to others, what is refused stays typed, and a name told later leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.acts import people
from fieldkit.acts.desk import Desk
from fieldkit.studies import Pair

Hidden = Callable[[str], dict[str, str]]


def test_a_translator_names_no_child(sit: Callable[[str], FlaskClient], consented: str) -> None:
    assert sit("translator").get(f"/people/{consented}/pseudonym").status_code == 403


def test_a_pseudonym_that_tells_is_refused_and_stays_typed(browser: FlaskClient, consented: str) -> None:
    answer = browser.post(f"/people/{consented}/pseudonym", data={"pseudonym_zh": "刘云"})

    assert answer.status_code == 422
    assert "V11" in answer.text
    assert 'value="刘云"' in answer.text


def test_a_pet_name_told_later_leads_to_another_pseudonym(
    browser: FlaskClient, consented: str, desks: dict[str, Desk], hidden: Hidden
) -> None:
    before = people.case(desks["interviewer"], consented).pseudonym
    assert before is not None
    seen = hidden(browser.get(f"/people/{consented}/household/identity").text)
    told = {"birth_calendar": "gregorian", "pet_names": f"小{before.zh[0]}"}
    kept = browser.post(f"/people/{consented}/household/identity", data={**seen, **told})

    assert kept.location == f"/people/{consented}/pseudonym"
    page = browser.get(kept.location).text
    assert "V11" in page
    assert "V11" in browser.get(f"/people/{consented}").text
    assert 'id="pinyin"' not in page  # other pinyin would not make it tell less
    proposed = re.findall('name="pseudonym_zh"[^>]*value="([^"]+)"', page)[0]
    browser.post(kept.location, data={**hidden(page), "pseudonym_zh": proposed})

    assert people.case(desks["interviewer"], consented).name == proposed != before.zh
    assert "V11" not in browser.get(f"/people/{consented}").text


def test_the_pinyin_alone_is_put_right(
    browser: FlaskClient, consented: str, desks: dict[str, Desk], hidden: Hidden
) -> None:
    now = people.case(desks["interviewer"], consented).pseudonym
    assert now is not None
    place = f"/people/{consented}/pseudonym"
    page = browser.get(place).text
    fixed = page.split('id="pinyin"')[0].rpartition("<form")[2]
    assert f'name="pseudonym_zh" value="{now.zh}"' in fixed
    assert f'name="pseudonym_en" maxlength="40" value="{now.en}"' in page

    answer = browser.post(place, data={**hidden(page), "pseudonym_zh": now.zh, "pseudonym_en": f"{now.en}n"})

    assert answer.location == f"/people/{consented}"
    assert people.case(desks["interviewer"], consented).pseudonym == Pair(now.zh, f"{now.en}n")


def test_an_english_reader_sees_the_pinyin_of_a_pseudonym(
    browser: FlaskClient, consented: str, desks: dict[str, Desk]
) -> None:
    named = people.case(desks["interviewer"], consented).pseudonym
    assert named is not None
    for page in ("/people", f"/people/{consented}", f"/people/{consented}/household"):
        assert named.zh in browser.get(page).text
    browser.post("/language", data={"lang": "en"})
    for page in ("/people", f"/people/{consented}", f"/people/{consented}/household"):
        told = browser.get(page).text
        assert named.en in told
        assert named.zh not in told
