from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import forms, household
from fieldkit.acts.told import PersonTold, Seen
from fieldkit.rules import guides


def test_nothing_is_read_before_it_is_said_who_listens(browser: FlaskClient, child: str) -> None:
    assert browser.get(f"/people/{child}/consent/aloud/1").location == f"/people/{child}/consent"


@pytest.mark.parametrize(("relation", "page"), [("pgm", "carer"), ("mother", "guardian/read")])
def test_one_sentence_a_screen_from_the_first_to_the_asking_back(
    browser: FlaskClient, desks: Any, child: str, relation: str, page: str
) -> None:
    browser.post(f"/people/{child}/consent", data={"relation": relation})
    at, read = desks["interviewer"], f"/people/{child}/consent/{page}"
    form = forms.carer_form(at, child) if relation == "pgm" else forms.guardian_form(at, child)
    expected = [one.zh for line in form.read_aloud for one in guides.sentences(line)]
    assert f"/people/{child}/consent/aloud/1" in browser.get(read).text

    shown, path = [], f"/people/{child}/consent/aloud/1"
    while path != f"{read}#ask":
        text = browser.get(path).text.split("<main")[1]
        shown.append(re.findall(r'<span lang="zh-CN">([^<]+)</span>', text)[-1])
        path = re.findall(r'class="btn big primary" href="([^"]+)"', text)[0]
    assert 'id="ask"' in browser.get(read).text
    assert shown == expected
    assert browser.get(path).text.count('id="ask"') == 1
    assert len(shown) > len(form.read_aloud)


@pytest.mark.parametrize("number", [0, 999])
def test_a_sentence_that_is_none_leads_back(browser: FlaskClient, child: str, number: int) -> None:
    browser.post(f"/people/{child}/consent", data={"relation": "pgm"})

    assert browser.get(f"/people/{child}/consent/aloud/{number}").location == f"/people/{child}/consent/carer"


def test_what_is_spoken_at_home_is_said_to_the_reader(browser: FlaskClient, desks: Any, child: str) -> None:
    browser.post(f"/people/{child}/consent", data={"relation": "pgm"})
    assert "用家里平常说的话讲" in browser.get(f"/people/{child}/consent/aloud/1").text

    household.save_person(desks["interviewer"], child, "P" * 22, PersonTold("pgm", speaks="zhoukou"), Seen())
    assert "家里说周口话" in browser.get(f"/people/{child}/consent/aloud/1").text
