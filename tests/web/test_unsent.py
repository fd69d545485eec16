from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import answers, people, visits, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store import standing
from fieldkit.studies import load_study
from fieldkit.web.pages import SECRET
from fieldkit.web.sessions import HeldSessions, end_sessions
from fieldkit.web.titles import STEPS, called

Desks = dict[str, Desk]
ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "four plain words here"
ITEMS = len(next(form for form in load_study().forms if form.doc_kind == "guardian_info_consent").items)


@pytest.fixture
def covered(beside: FlaskClient, consented: str) -> FlaskClient:
    """The interviewer's laptop a while after somebody last touched it: a child of it is ready to be asked."""
    assert beside.get(f"/people/{consented}/assent").status_code == 200
    site = beside.application.extensions["fieldkit"]
    site.clock = replace(site.clock, ahead=site.clock.ahead + timedelta(minutes=21))
    return beside


def say(browser: FlaskClient, child: str, answer: str) -> None:
    """Send the page's own form: all its fields, also those that nobody typed in."""
    told = {
        "answer": answer,
        "nonce": "a",
        "words": "我今天不想说",
        "follows": "",
        "signature": "",
        "told": ["1", "2", "3"],
    }
    assert browser.post(f"/people/{child}/assent", data=told).status_code == 303


def no(browser: FlaskClient, child: str) -> None:
    say(browser, child, "no")


def visit(browser: FlaskClient, child: str) -> None:
    assert browser.post(f"/people/{child}/visits", data={"outcome": "not_home"}).status_code == 303


def withdraw(browser: FlaskClient, desks: Desks, child: str) -> None:
    code = people.case(desks["interviewer"], child).case_code
    assert browser.post("/withdraw", data={"code": code, "asker": "mother"}).status_code == 303


def unlock(browser: FlaskClient, name: str = "李岚") -> str:
    known = re.findall(r'name="code" value="([^"]+)"[^>]*><span>(\S+)', browser.get("/unlock").text)
    code = next(code for code, shown in known if shown == name)
    return browser.post("/unlock", data={"code": code, "passphrase": PASSPHRASE}).location or ""


def lift(browser: FlaskClient) -> str:
    return browser.post("/cover", data={"secret": PASSPHRASE}).location or ""


def offered(browser: FlaskClient) -> tuple[str, dict[str, Any]]:
    """Return where the form that is offered leads, and all that it sends."""
    form = browser.get("/unsent").text.split('<form class="card"')[1].split("</form>")[0]
    sent: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form):
        sent[name] = [*sent.get(name, []), value]
    sent |= {name: values[0] for name, values in sent.items() if len(values) == 1}
    return form.split('action="')[1].split('"')[0].rstrip("?"), sent


def carry_out(browser: FlaskClient) -> int:
    path, sent = offered(browser)
    return browser.post(path, data=sent).status_code


def says(desks: Desks, child: str) -> list[tuple[str, str]]:
    return [(one.actor, one.act) for one in people.case(desks["interviewer"], child).events]


def test_nobody_else_sees_or_sends_what_waits_and_its_author_gets_it_back(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    assert lift(covered) == "/"
    sat = {"name": "王越", "passphrase": PASSPHRASE, "again": PASSPHRASE}
    assert covered.post("/users", data=sat).status_code == 302
    covered.post("/cover/pin", data={"pin": "2468"})
    no(covered, consented)
    assert unlock(covered, "王越") == "/"
    assert covered.get("/unsent").location == "/"
    assert "还没有保存" not in covered.get("/today").text
    machine = covered.application.extensions["fieldkit"].machines["home"]
    assert consented not in str(machine.aside)

    assert unlock(covered) == "/unsent"
    assert carry_out(covered) == 302
    assert says(desks, consented)[-1] == ("child", "declined")


@pytest.mark.parametrize("locked", [True, False])
def test_a_childs_no_that_met_the_cover_outlives_a_lock_and_a_switch_to_the_same_person(
    covered: FlaskClient, desks: Desks, consented: str, *, locked: bool
) -> None:
    no(covered, consented)
    if locked:
        covered.post("/lock")

    assert unlock(covered) == "/unsent"
    assert "还没有保存" in covered.get("/people").text
    assert carry_out(covered) == 302
    assert covered.get("/unsent").location == "/"
    at = covered.application.extensions["fieldkit"].machines["home"].desk
    assert [one.act for one in people.case(at, consented).events if one.actor == "child"] == ["declined"]


def test_the_forms_of_all_tabs_wait_and_a_withdrawal_and_a_no_come_first(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    visit(covered, consented)
    no(covered, consented)
    no(covered, consented)
    withdraw(covered, desks, consented)

    assert lift(covered) == "/unsent"
    assert "还有 2 步" in covered.get("/unsent").text
    order = []
    for _ in range(3):
        path, sent = offered(covered)
        order.append(path)
        assert covered.post("/unsent/left", data={"left": sent["unsent"]}).location == "/unsent"
    assert order == [f"/people/{consented}/assent", "/withdraw", f"/people/{consented}/visits"]
    assert covered.get("/unsent").location == "/"


def test_what_is_refused_goes_on_waiting_and_what_is_done_waits_no_more(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    visit(covered, consented)
    no(covered, consented)
    lift(covered)
    assert carry_out(covered) == 302
    assert says(desks, consented)[-1] == ("child", "declined")

    path, sent = offered(covered)
    assert covered.post(path, data={**sent, "outcome": "?"}).status_code >= 400
    assert offered(covered)[1]["unsent"] == sent["unsent"]


def test_a_form_that_meets_the_cover_again_while_it_is_carried_out_still_waits_once(
    covered: FlaskClient, consented: str
) -> None:
    no(covered, consented)
    lift(covered)
    path, sent = offered(covered)
    covered.post("/cover/pin", data={"pin": "2468"})
    assert covered.post(path, data=sent).status_code == 303

    assert lift(covered) == "/unsent"
    where, again = offered(covered)
    assert (where, {**again, "csrf_token": ""}) == (path, {**sent, "csrf_token": ""})
    assert "还有" not in covered.get("/unsent").text


def test_a_withdrawal_that_has_to_be_asked_which_child_waits_until_that_is_said(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    assert covered.post("/withdraw", data={"code": "小满", "asker": "mother"}).status_code == 303
    covered.post("/lock")
    assert unlock(covered) == "/unsent"
    path, sent = offered(covered)
    which = covered.post(path, data=sent)
    assert "哪个孩子" in which.text
    assert offered(covered)[1]["unsent"] == sent["unsent"]

    chosen = dict(
        re.findall(r'name="(\w+)" value="([^"]*)"', which.text.split('<form class="stack"')[1].split("</form>")[0])
    )
    assert covered.post("/withdraw", data=chosen).status_code == 200
    assert covered.get("/unsent").location == "/"


def test_a_session_that_ends_because_the_passphrase_was_recovered_leaves_its_forms_to_the_same_person(
    covered: FlaskClient, consented: str
) -> None:
    no(covered, consented)
    site = covered.application.extensions["fieldkit"]
    with covered.application.test_request_context():
        end_sessions(site.machines["home"].desk.me.code)

    assert unlock(covered) == "/unsent"


def later(browser: FlaskClient, days: int) -> None:
    """Let the days pass while this server runs on."""
    site = browser.application.extensions["fieldkit"]
    site.clock = replace(site.clock, ahead=site.clock.ahead + timedelta(days=days))
    for held in cast("HeldSessions", browser.application.session_interface).held.values():
        held["desk"] = replace(held["desk"], clock=site.clock)


def test_a_childs_yes_that_waited_until_another_day_is_asked_anew_and_a_no_still_counts(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    say(covered, consented, "yes")
    later(covered, 1)
    lift(covered)
    page = covered.get("/unsent").text
    assert "再问一次孩子" in page
    assert "现在提交" not in page
    mark = page.split('name="left" value="')[1].split('"')[0]
    told = {"answer": "yes", "words": "愿意", "told": ["1", "2", "3"], "method": "child_oral", "unsent": mark}
    refused = covered.post(f"/people/{consented}/assent", data={**told, "as_it_was": "1"})
    assert refused.status_code == 422
    assert ("child", "given") not in says(desks, consented)
    covered.post("/unsent/left", data={"left": mark})

    covered.post("/cover/pin", data={"pin": "2468"})
    no(covered, consented)
    later(covered, 1)
    lift(covered)
    assert carry_out(covered) == 302
    assert says(desks, consented)[-1] == ("child", "declined")
    no_day = people.case(desks["interviewer"], consented).events[-1]
    assert (date.fromisoformat(no_day.entered_on) - date.fromisoformat(no_day.day)).days == 1
    assert "今天不再问" not in covered.get(f"/people/{consented}").text  # it said no yesterday, and may come back to it


def test_it_says_which_step_of_which_child_waits_and_since_when(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    say(covered, consented, "think")
    withdraw(covered, desks, consented)
    lift(covered)
    case = people.case(desks["interviewer"], consented)

    page = covered.get("/unsent").text
    assert "孩子自己的回答：再想想" in page
    assert case.name in page
    assert "填写" in page
    covered.post("/unsent/left", data={"left": offered(covered)[1]["unsent"]})
    page = covered.get("/unsent").text
    assert "登记退出" in page
    assert case.case_code in page


def test_a_withdrawal_from_a_childs_page_says_of_whom_by_whom_and_how_much_and_a_visit_waits_behind_it(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    case = people.case(desks["interviewer"], consented)
    visit(covered, consented)
    asked = {"code": [consented, "ZK-B01-042"], "sure": "yes", "asker": "mother", "scope": "quote"}
    assert covered.post("/withdraw", data=asked).status_code == 303
    taken = {"asker": "child", "answer": "one"}
    assert covered.post(f"/people/{consented}/withdraw/answers", data=taken).status_code == 303
    lift(covered)

    page = covered.get("/unsent").text
    assert f"登记退出：母亲，不再引用原话，{case.name}，ZK-B01-042" in page
    assert consented not in page.split("<form")[0]
    covered.post("/unsent/left", data={"left": offered(covered)[1]["unsent"]})
    assert "收回回答：孩子" in covered.get("/unsent").text


def test_what_waits_is_offered_in_another_browser_after_the_first_was_closed(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    no(covered, consented)
    again = covered.application.test_client()

    assert unlock(again) == "/unsent"
    assert carry_out(again) == 302
    assert says(desks, consented)[-1] == ("child", "declined")


def test_every_form_that_can_wait_has_a_name(covered: FlaskClient) -> None:
    open_ones = {"cards", "demo", "language", "locks", "unsent"}
    posts = {rule.endpoint for rule in covered.application.url_map.iter_rules() if "POST" in (rule.methods or ())}

    assert {called(one) for one in posts if one.partition(".")[0] not in open_ones}
    assert {one for one in STEPS if "." in one} <= posts


def test_no_form_but_those_that_open_a_laptop_calls_a_field_as_a_secret() -> None:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("fieldkit/web/*.py")]
    named = re.compile(r"""name=["'](\w+)["']|Field\(\s*["'](\w+)["']""")
    found = {path.stem: {one for pair in named.findall(path.read_text("utf-8")) for one in pair} for path in sources}

    openers = {
        "users",
        "locks",
        "sheets",
        "studies",
        "devices",
        "backups",
        "home",
        "restore",
        "unlock",
        "add",
        "accept",
    }
    assert {name: fields & SECRET for name, fields in found.items() if fields & SECRET and name not in openers} == {}


def test_a_form_that_was_corrected_after_a_refusal_waits_no_more(covered: FlaskClient, consented: str) -> None:
    visit(covered, consented)
    lift(covered)
    path, sent = offered(covered)
    page = covered.post(path, data={**sent, "outcome": ""})
    assert page.status_code >= 400
    assert f'name="unsent" value="{sent["unsent"]}"' in page.text.split("<main")[1]
    assert covered.post("/language", data={"lang": "zh", "unsent": sent["unsent"]}).status_code < 400
    assert offered(covered)[1]["unsent"] == sent["unsent"]  # another form of that page carries nothing out

    assert covered.post(path, data={"outcome": "not_home", "unsent": sent["unsent"]}).status_code < 400
    assert covered.get("/unsent").location == "/"


def cover(browser: FlaskClient) -> None:
    """Let the laptop lie untouched until its cover falls."""
    site = browser.application.extensions["fieldkit"]
    site.clock = replace(site.clock, ahead=site.clock.ahead + timedelta(minutes=21))


def mark_on(browser: FlaskClient, path: str) -> str:
    return browser.get(path).text.split('name="mark" value="')[1].split('"')[0]


def last_said(desks: Desks, child: str) -> tuple[str, str, str, str]:
    one = people.case(desks["interviewer"], child).events[-1]
    return one.relation, one.act, one.day, one.entered_on


@pytest.fixture
def days() -> tuple[str, str]:
    """Today and tomorrow, as the tests' laptop counts them."""
    today = Clock().today()
    return today.isoformat(), (today + timedelta(days=1)).isoformat()


def test_a_guardians_no_that_waited_over_midnight_bears_the_day_on_which_it_was_said(
    beside: FlaskClient, desks: Desks, consented: str, days: tuple[str, str]
) -> None:
    beside.post(f"/people/{consented}/consent", data={"refuses": "father"})
    path = f"/people/{consented}/consent/guardian/no"
    mark = mark_on(beside, path)
    cover(beside)
    assert beside.post(path, data={"mark": mark}).status_code == 303
    later(beside, 1)
    lift(beside)

    assert carry_out(beside) == 302
    assert last_said(desks, consented) == ("father", "declined", *days)


def test_a_signed_consent_that_waited_over_midnight_is_judged_for_its_day_also_once_it_was_corrected(
    beside: FlaskClient, desks: Desks, child: str, signature: str, days: tuple[str, str]
) -> None:
    path = f"/people/{child}/consent/guardian"
    beside.post(f"/people/{child}/consent", data={"relation": "mother"})
    beside.post(f"{path}/read", data={f"back{number}": "ok" for number in range(3)})
    for number in range(1, ITEMS + 1):
        beside.post(f"{path}/items/{number}", data={"answer": "yes"})
    mark = mark_on(beside, f"{path}/sign")
    cover(beside)
    signed = {
        "real_name": "刘某",
        "signer_name": "王某",
        "pseudonym_zh": "南乔",
        "migration": "both_away",
        "carer": "pgm",
    }
    sent = {**signed, "pseudonym_zh": "刘某", "signature": signature, "mark": mark}
    assert beside.post(f"{path}/sign", data=sent).status_code == 303
    later(beside, 1)
    lift(beside)

    waits = offered(beside)[1]
    assert beside.post(f"{path}/sign", data=waits).status_code == 422  # the pseudonym is the real name
    corrected = {**signed, "signature": signature, "mark": mark, "unsent": waits["unsent"]}
    cover(beside)
    assert beside.post(f"{path}/sign", data=corrected).status_code == 303  # it meets the cover once more
    lift(beside)
    assert carry_out(beside) == 302
    assert last_said(desks, child) == ("mother", "given", *days)
    assert beside.get("/unsent").location == "/"


def test_a_carers_answer_that_waited_over_midnight_bears_its_day(
    beside: FlaskClient, desks: Desks, consented: str, days: tuple[str, str]
) -> None:
    beside.post(f"/people/{consented}/consent", data={"relation": "pgm"})
    path = f"/people/{consented}/consent/carer"
    mark = mark_on(beside, path)
    cover(beside)
    assert beside.post(path, data={"mark": mark, "agreed": "no"}).status_code == 303
    later(beside, 1)
    lift(beside)

    assert carry_out(beside) == 302
    assert last_said(desks, consented) == ("pgm", "declined", *days)


def test_where_the_clock_has_gone_back_since_the_day_of_what_waited_is_asked_for(
    beside: FlaskClient, desks: Desks, consented: str
) -> None:
    beside.post(f"/people/{consented}/consent", data={"refuses": "father"})
    path = f"/people/{consented}/consent/guardian/no"
    mark = mark_on(beside, path)
    cover(beside)
    assert beside.post(path, data={"mark": mark}).status_code == 303
    lift(beside)
    later(beside, -3)

    told, now = ((Clock().today() - timedelta(days=days)).isoformat() for days in (4, 3))
    assert "这一步是哪天填的" in beside.get("/unsent").text
    assert carry_out(beside) == 422
    path, sent = offered(beside)
    assert beside.post(path, data={**sent, "filled_in_on": told}).status_code == 302
    assert last_said(desks, consented) == ("father", "declined", told, now)


def test_a_day_that_the_clock_was_doubted_on_is_asked_for(beside: FlaskClient, desks: Desks, consented: str) -> None:
    later(beside, 30)
    lift(beside)
    beside.post(f"/people/{consented}/consent", data={"refuses": "father"})
    path = f"/people/{consented}/consent/guardian/no"
    mark = mark_on(beside, path)
    cover(beside)
    assert beside.post(path, data={"mark": mark}).status_code == 303
    later(beside, 1)
    lift(beside)

    assert "这一步是哪天填的" in beside.get("/unsent").text
    path, sent = offered(beside)
    told = Clock().today().isoformat()
    assert beside.post(path, data={**sent, "filled_in_on": told}).status_code == 302
    assert last_said(desks, consented)[1:3] == ("declined", told)


def test_what_can_never_be_carried_out_is_offered_for_copying_and_put_away(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    told = {"outcome": "not_home", "note": "锁着门，狗在叫"}
    assert covered.post(f"/people/{consented}/visits", data=told).status_code == 303
    lift(covered)
    path, sent = offered(covered)
    withdrawals.withdraw_each(desks["interviewer"], [consented])
    refused = covered.post(path, data=sent)

    assert refused.status_code == 404
    assert "锁着门，狗在叫" in refused.text
    left = re.search(r'name="left" value="([^"]+)"', refused.text)
    assert left
    gone = covered.get("/unsent").text.split("<main")[1]
    assert re.search(r"<textarea[^>]*readonly[^>]*>锁着门，狗在叫", gone)
    assert "现在提交" not in gone
    assert covered.post("/unsent/left", data={"left": left[1]}).status_code == 302
    assert covered.get("/unsent").location == "/"
    assert "还没有保存" not in covered.get("/people").text


def begin(browser: FlaskClient, child: str, **who: str) -> str:
    """Begin the steps of an adult, and return the mark that their pages carry."""
    page = browser.get(browser.post(f"/people/{child}/consent", data=who).location)
    return str(re.findall(r'name="mark" value="([^"]+)"', page.text)[0])


def guardian_says_no(browser: FlaskClient, child: str, mark: str) -> None:
    """Send a guardian's no while the cover lies over the session."""
    browser.post("/cover/pin", data={"pin": "2468"})
    assert browser.post(f"/people/{child}/consent/guardian/no", data={"mark": mark}).status_code == 303


@pytest.fixture
def awake(beside: FlaskClient, consented: str) -> FlaskClient:
    """The interviewer's laptop while somebody works at it; of a child there the mother agreed."""
    assert beside.get(f"/people/{consented}").status_code == 200
    return beside


def test_a_guardians_no_is_carried_out_although_the_steps_began_anew_for_the_other_parent(
    awake: FlaskClient, desks: Desks, consented: str
) -> None:
    guardian_says_no(awake, consented, begin(awake, consented, refuses="mother"))
    lift(awake)
    fathers = begin(awake, consented, refuses="father")
    page = awake.get("/unsent").text
    assert "不同意：母亲" in page

    assert carry_out(awake) == 302
    assert awake.get("/unsent").location == "/"
    saying = people.case(desks["interviewer"], consented).events[-1]
    assert (saying.actor, saying.act, saying.relation) == ("guardian", "declined", "mother")
    assert awake.post(f"/people/{consented}/consent/guardian/no", data={"mark": fathers}).status_code == 302
    saying = people.case(desks["interviewer"], consented).events[-1]
    assert (saying.act, saying.relation) == ("declined", "father")


@pytest.mark.parametrize("locked", [True, False])
def test_a_guardians_no_outlives_a_browser_that_was_closed_and_a_lock_after_which_steps_began_anew(
    awake: FlaskClient, consented: str, *, locked: bool
) -> None:
    guardian_says_no(awake, consented, begin(awake, consented, refuses="mother"))
    if locked:
        awake.post("/lock")
    again = awake if locked else awake.application.test_client()
    assert unlock(again) == "/unsent"
    if locked:
        begin(again, consented, relation="father")

    assert carry_out(again) == 302
    at = again.application.extensions["fieldkit"].machines["home"].desk
    saying = people.case(at, consented).events[-1]
    assert (saying.actor, saying.act, saying.relation) == ("guardian", "declined", "mother")


@pytest.mark.parametrize(
    ("who", "path", "act"),
    [
        ({"relation": "mother"}, "later", "deferred"),
        ({"phone": "mother"}, "dropped", "informed_only"),
    ],
)
def test_what_a_guardian_put_off_or_a_call_that_broke_off_outlives_a_closed_browser(
    awake: FlaskClient, desks: Desks, consented: str, who: dict[str, str], path: str, act: str
) -> None:
    mark = begin(awake, consented, **who)
    awake.post("/cover/pin", data={"pin": "2468"})
    assert awake.post(f"/people/{consented}/consent/guardian/{path}", data={"mark": mark}).status_code == 303
    again = awake.application.test_client()
    assert unlock(again) == "/unsent"
    assert "母亲" in again.get("/unsent").text

    assert carry_out(again) == 302
    assert says(desks, consented)[-1] == ("guardian", act)


def test_a_step_in_the_middle_goes_on_in_another_browser_and_never_in_the_steps_of_somebody_else(
    awake: FlaskClient, consented: str
) -> None:
    mark = begin(awake, consented, relation="mother")
    awake.post("/cover/pin", data={"pin": "2468"})
    told = {"mark": mark, "back0": "ok", "back1": "ok", "back2": "ok"}
    assert awake.post(f"/people/{consented}/consent/guardian/read", data=told).status_code == 303
    again = awake.application.test_client()
    unlock(again)
    path, sent = offered(again)
    begin(again, consented, relation="father")
    assert again.post(path, data=sent).status_code == 409
    assert again.get("/unsent").status_code == 200

    once_more = awake.application.test_client()
    unlock(once_more)
    assert carry_out(once_more) == 302
    assert once_more.get(f"/people/{consented}/consent/guardian/items/1").status_code == 200


def test_a_refusal_of_a_form_that_never_waited_offers_nothing_to_put_away(covered: FlaskClient) -> None:
    lift(covered)

    assert 'name="left"' not in covered.post("/people/nobody/visits", data={"outcome": "not_home"}).text


@pytest.fixture
def colleague(covered: FlaskClient) -> str:
    """A second person of the laptop, who takes it over from whoever left it covered."""
    assert lift(covered) == "/"
    sat = {"name": "王越", "passphrase": PASSPHRASE, "again": PASSPHRASE}
    assert covered.post("/users", data=sat).status_code == 302
    covered.post("/cover/pin", data={"pin": "2468"})
    return "王越"


HINT, LOST = "李岚在这台电脑上为这个孩子填了一步", "还没办完，程序就关了"


def _think(browser: FlaskClient, child: str) -> None:
    say(browser, child, "think")


def _by_name(browser: FlaskClient, child: str) -> None:
    assert browser.post("/withdraw", data={"code": "小满", "asker": "mother"}).status_code == 303


@pytest.mark.parametrize("step", [no, _think, _by_name])
def test_whoever_takes_over_hears_that_a_no_of_a_colleague_waits_and_not_a_word_of_it(
    covered: FlaskClient, consented: str, colleague: str, step: Callable[[FlaskClient, str], None]
) -> None:
    step(covered, consented)
    unlock(covered, colleague)

    for path in ("", "/gates", "/assent"):
        page = covered.get(f"/people/{consented}{path}").text
        assert HINT in page, path
        assert "我今天不想说" not in page


@pytest.mark.parametrize("left", [True, False])
def test_nobody_hears_of_it_any_more_once_it_is_carried_out_or_left_out(
    covered: FlaskClient, consented: str, colleague: str, *, left: bool
) -> None:
    no(covered, consented)
    unlock(covered, colleague)
    assert unlock(covered) == "/unsent"
    assert "还没有办完" in covered.get(f"/people/{consented}").text
    if left:
        covered.post("/unsent/left", data={"left": "*"})
        assert "还没有办完" in covered.get(f"/people/{consented}").text
        covered.post("/unsent/left", data={"left": offered(covered)[1]["unsent"]})
    else:
        assert carry_out(covered) == 302

    unlock(covered, colleague)
    page = covered.get(f"/people/{consented}").text
    assert "填了一步" not in page


def test_a_no_that_a_restart_has_lost_is_asked_for_again_until_its_author_says_that_it_is_written_down(
    covered: FlaskClient, consented: str, colleague: str
) -> None:
    no(covered, consented)
    unlock(covered, colleague)
    covered.application.extensions["fieldkit"].machines["home"].aside.clear()  # as the end of the program does
    page = covered.get(f"/people/{consented}").text
    assert HINT in page
    assert "halts" not in page

    unlock(covered)
    page = covered.get(f"/people/{consented}").text
    assert LOST in page
    path = re.findall(r'action="(/people/[^"]+/halts/[^"]+)"', page)[0]
    unlock(covered, colleague)
    assert covered.post(path).status_code == 404
    thinks = {"answer": "think", "nonce": "b", "words": "", "follows": "", "signature": "", "told": ["1", "2", "3"]}
    assert covered.post(f"/people/{consented}/assent", data=thinks).status_code == 302
    assert "他们说的已经记下了" in covered.get(f"/people/{consented}").text
    unlock(covered)
    assert covered.post(path).status_code == 302
    assert LOST not in covered.get(f"/people/{consented}").text


def test_a_withdrawal_that_waited_over_midnight_bears_the_day_on_which_it_was_asked_for(
    beside: FlaskClient, desks: Desks, consented: str, days: tuple[str, str]
) -> None:
    beside.get(f"/people/{consented}")
    cover(beside)
    withdraw(beside, desks, consented)
    later(beside, 1)
    lift(beside)

    assert carry_out(beside) == 200
    with desks["interviewer"].db.reading() as tables:
        said = standing.events(tables, consented)[-1]
    assert (said.relation, said.act, said.day, said.entered_on) == ("mother", "withdrawn", *days)


def test_a_visit_that_waited_over_midnight_bears_its_own_day_and_when_to_come_again_is_counted_from_it(
    covered: FlaskClient, desks: Desks, consented: str, days: tuple[str, str]
) -> None:
    told = {"outcome": "not_home", "next_on": days[0], "nonce": "n"}
    covered.post(f"/people/{consented}/visits", data=told)
    later(covered, 1)
    lift(covered)

    assert carry_out(covered) == 302
    (visit,) = visits.of_child(desks["interviewer"], consented)
    assert (visit.day, visit.next_on) == (days[0], days[0])


def test_answers_that_were_taken_back_on_a_form_that_waited_over_midnight_are_so_since_then(
    beside: FlaskClient, desks: Desks, consented: str, interview: str, days: tuple[str, str]
) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-number-1", "", "放学以后下雨了。"))
    path = f"/people/{consented}/withdraw/answers"
    told = {
        "answer": re.findall(r'name="answer" value="([^"]+)"', beside.get(path).text),
        "asker": "mother",
        "nonce": "n",
    }
    cover(beside)
    beside.post(path, data=told)
    later(beside, 1)
    lift(beside)

    assert carry_out(beside) == 302
    with desks["interviewer"].db.reading() as tables:
        said = standing.events(tables, consented)[-1]
    assert (said.relation, said.act, said.day, said.entered_on) == ("mother", "limited", *days)


def test_a_yes_with_a_no_in_it_that_waited_stays_until_it_is_kept_as_a_no(
    covered: FlaskClient, desks: Desks, consented: str
) -> None:
    told = {"answer": "yes", "told": ["1", "2", "3"], "method": "child_oral", "item_store": "no"}
    covered.post(f"/people/{consented}/assent", data=told)
    lift(covered)
    mark = covered.get("/unsent").text.split('name="left" value="')[1].split('"')[0]

    shown = covered.post(f"/people/{consented}/assent", data={**told, "unsent": mark, "as_it_was": "1"})
    assert shown.status_code == 200
    assert "就不能聊" in shown.text
    assert mark in covered.get("/unsent").text
    assert ("child", "declined") not in says(desks, consented)
    kept = covered.post(f"/people/{consented}/assent", data={**told, "unsent": mark, "is_no": "1"})
    assert kept.location.endswith("/assent/no")
    assert says(desks, consented)[-1] == ("child", "declined")
    assert mark not in covered.get("/unsent").text
