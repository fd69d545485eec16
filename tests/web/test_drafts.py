from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from fieldkit.rules.ways import Evidence
from fieldkit.studies import load_study
from fieldkit.web import drafts

PASSPHRASE = "four plain words here"
ITEMS = len(next(form for form in load_study().forms if form.doc_kind == "guardian_info_consent").items)
NAMES = ("real_name", "birth_date", "pseudonym_zh", "pseudonym_en", "migration", "carer", "signer_name")
SIGNED = dict(zip(NAMES, ("刘某", "2014-05", "南乔", "Nanqiao", "both_away", "pgm", "王某"), strict=True))
Unlock = Callable[[str], None]


@pytest.fixture
def unlock(beside: FlaskClient) -> Unlock:
    """Let the first person of the interviewer's laptop sit down, or another one."""

    def sit(name: str) -> None:
        people = re.findall(r'name="code" value="([^"]+)"[^>]*><span>(\S+)', beside.get("/unlock").text)
        code = next(code for code, shown in people if shown == name)
        assert beside.post("/unlock", data={"code": code, "passphrase": PASSPHRASE}).status_code == 302

    assert (
        beside.post("/users", data={"name": "王越", "passphrase": PASSPHRASE, "again": PASSPHRASE}).status_code == 302
    )
    return sit


def answered(browser: FlaskClient, child: str) -> str:
    """Answer everything up to the signature; return the address of its page."""
    steps = f"/people/{child}/consent/guardian"
    browser.post(f"/people/{child}/consent", data={"relation": "mother"})
    browser.post(f"{steps}/read", data={f"back{number}": "ok" for number in range(3)})
    for number in range(1, ITEMS + 1):
        browser.post(f"{steps}/items/{number}", data={"answer": "yes"})
    return f"{steps}/sign"


def mark_on(page: str) -> str:
    found = re.search(r'name="mark" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("locked", [True, False])
def test_another_person_gets_nothing_of_the_steps_and_their_author_signs_the_same_form(
    beside: FlaskClient, unlock: Unlock, child: str, signature: str, *, locked: bool
) -> None:
    path = answered(beside, child)
    form = {**SIGNED, "signature": signature, "mark": mark_on(beside.get(path).text)}
    if locked:
        beside.post("/lock")
    unlock("王越")
    assert beside.get(path).location == f"/people/{child}/consent"
    refused = beside.post(path, data=form)
    assert refused.status_code == 409
    assert "steps_gone" in refused.text
    named = {"孩子的真名": "刘某", "化名": "南乔", "化名的英文写法": "Nanqiao", "出生日期": "2014-05"}
    for label, text in named.items():
        assert re.search(rf"<label[^>]*>{label}</label>\s*<textarea[^>]*>{text}<", refused.text), label
    assert f'href="/people/{child}"' in refused.text

    unlock("李岚")
    assert beside.post(path, data=form).location == f"/people/{child}"
    assert "同意已经存好" in beside.get(f"/people/{child}").text


def test_nothing_of_the_steps_can_be_read_while_the_laptop_is_locked(
    beside: FlaskClient, unlock: Unlock, child: str
) -> None:
    answered(beside, child)
    beside.post("/lock")
    machine = beside.application.extensions["fieldkit"].machines["home"]

    assert len(machine.aside) == 1
    assert "mother" not in str(machine.aside)
    assert "participate" not in str(machine.aside)


def test_a_form_that_was_kept_before_the_lock_is_not_kept_again(
    beside: FlaskClient, unlock: Unlock, child: str, signature: str
) -> None:
    path = answered(beside, child)
    form = {**SIGNED, "signature": signature, "mark": mark_on(beside.get(path).text)}
    assert beside.post(path, data=form).status_code == 302
    beside.post("/lock")
    unlock("李岚")

    assert beside.post(path, data=form).location == f"/people/{child}"


def test_a_lock_without_steps_leaves_nothing_behind(beside: FlaskClient, unlock: Unlock) -> None:
    beside.post("/lock")

    assert beside.application.extensions["fieldkit"].machines["home"].aside == {}


def test_what_a_call_left_comes_back_as_it_was(desks: dict[str, Desk]) -> None:
    call = Evidence("phone_witness", b"\x00png", witness_name="张三", call={"id_check": "yes"})
    told: drafts.Drafts = {
        "child": {"evidence": call, "items": {"notes": "yes"}, "follows": ["a"]},
        "roster": {"rows": [object()]},
    }
    of, gathered = {"subject": "child"}, {"way": call, "mark": "m"}
    waits = [
        drafts.Waits("a", "/withdraw", (("code", "A"),), True, "consents.signed", of, "2026-11-27", True, gathered)
    ]
    sealed = drafts.seal(desks["interviewer"], told, {"nonce": "event", "hints": []}, waits)

    assert "张三" not in sealed
    assert drafts.unseal(desks["interviewer"], sealed) == ({"child": told["child"]}, {"nonce": "event"}, waits)
