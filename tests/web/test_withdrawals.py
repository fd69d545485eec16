from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import household, people, readiness, slips
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import PersonTold, Seen
from fieldkit.clock import new_id
from fieldkit.store import log
from fieldkit.store.log import Draft


def picked(page: str) -> dict[str, list[str]]:
    """Return what the page that asks whom sends where every one is ticked."""
    form = page.split('<form class="stack"')[1].split("</form>")[0]
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form):
        sent[name] = [*sent.get(name, []), unescape(value)]
    return sent


def test_an_empty_code_is_asked_again(browser: FlaskClient) -> None:
    answer = browser.post("/withdraw", data={"code": " ", "asker": "child"})

    assert answer.status_code == 422
    assert "还有一处没填" in answer.text


def test_in_three_taps_the_child_is_gone_everywhere(browser: FlaskClient, interview: str, consented: str) -> None:
    assert f"/people/{consented}/withdraw" in browser.get(f"/people/{consented}").text
    assert "谁提出的" in browser.get(f"/people/{consented}/withdraw").text
    done = browser.post("/withdraw", data={"code": consented, "asker": "child", "scope": "all"}).text

    assert "看不到这个孩子" in done
    assert browser.get(f"/people/{consented}").status_code == 404
    assert browser.get(f"/interviews/{interview}").status_code == 404
    assert "ZK-A03-001" not in browser.get("/people?q=A03").text


def test_a_code_from_elsewhere_becomes_a_notice(browser: FlaskClient) -> None:
    done = browser.post("/withdraw", data={"code": "ZK-B01-042", "asker": "guardian"}).text

    assert "ZK-B01-042" in done
    assert "跟着下一个数据包走" in done


def test_the_field_says_that_the_code_on_the_slip_works(browser: FlaskClient) -> None:
    assert '<label for="code">个案编号、化名，或条子上的编号</label>' in browser.get("/withdraw").text


def test_of_a_child_elsewhere_the_page_says_what_the_withdrawal_covers(browser: FlaskClient) -> None:
    told = {"code": "ZK-B01-003", "asker": "guardian"}

    assert "这次登记的是：不再引用原话。" in browser.post("/withdraw", data={**told, "scope": "quote"}).text
    assert "这次登记的是：全部退出并删除。" in browser.post("/withdraw", data={**told, "scope": "all"}).text


def test_what_is_taken_back_reads_in_english_as_what_goes(browser: FlaskClient) -> None:
    browser.post("/language", data={"lang": "en"})
    page = browser.get("/withdraw").text

    assert "Recordings taken back" in page
    assert "Photos taken back" in page
    assert "Guardian and child" in page


def test_withdrawing_in_english(browser: FlaskClient, child: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "no reason is needed" in browser.get(f"/people/{child}/withdraw").text


def test_nobody_is_named_beforehand_so_that_a_childs_wish_is_not_filed_as_its_mothers(
    browser: FlaskClient, consented: str
) -> None:
    page = browser.get(f"/people/{consented}/withdraw").text

    assert re.findall(r'name="asker" value="(\w+)"', page) == ["child", "mother", "father", "guardian", "both"]
    assert re.findall(r'value="(\w+)" checked', page) == ["all"]


def test_what_was_refused_stays_the_childs_form(browser: FlaskClient, consented: str) -> None:
    answer = browser.post("/withdraw", data={"code": consented, "shown": "it", "asker": "a stranger", "scope": "all"})

    assert answer.status_code == 422
    assert f'type="hidden" name="code" value="{consented}"' in answer.text
    assert 'type="text" id="code"' not in answer.text


def test_every_guardian_on_record_can_be_named_each_of_two_by_name_and_takes_back_what_was_theirs(
    browser: FlaskClient, desks: dict[str, Desk], child: str, uncles: tuple[str, str]
) -> None:
    desk = desks["interviewer"]
    household.save_person(desk, child, new_id(), PersonTold("adoptive", role="guardian"), Seen(""))
    household.save_person(desk, child, new_id(), PersonTold("pgm", role="carer"), Seen(""))
    page = browser.get(f"/people/{child}/withdraw").text
    named = dict(re.findall(r'name="asker" value="([^"]+)"><span>([^<]+)<', page))
    each = [f"uncle_aunt {one}" for one in uncles]
    assert list(named) == ["child", "mother", "father", "adoptive", *each, "guardian", "both"]
    assert [named[one][-1] for one in each] == ["1", "2"]

    form = {"code": child, "shown": "it", "scope": "stop_keep", "asker": each[1], "nonce": nonce(page)}
    assert browser.post("/withdraw", data=form).status_code == 200
    said = people.case(desk, child).events[-1]
    assert (said.act, said.actor, said.relation, said.person) == ("withdrawn", "guardian", "uncle_aunt", uncles[1])


def nonce(page: str) -> str:
    found: list[str] = re.findall(r'name="nonce" value="([^"]+)"', page)
    return found[0]


def test_who_asks_is_asked_for_once_and_nothing_is_written_down_before(
    browser: FlaskClient, desks: dict[str, Desk], consented: str
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    form = {"code": consented, "shown": code, "scope": "all", "nonce": "n"}
    asked = browser.post("/withdraw", data=form)

    assert (asked.status_code, left(browser, [consented])) == (422, [True])
    assert "请点一下是谁提出的" in asked.text
    assert f'name="code" value="{consented}"' in asked.text
    assert 'name="asker" value="mother"' in asked.text
    named = {**form, "asker": "mother", "nonce": nonce(asked.text), "asked": "yes"}
    assert "说退出的那位还可以改主意" in browser.post("/withdraw", data=named).text
    assert left(browser, [consented]) == [False]


def test_of_a_name_that_was_typed_too_it_is_asked_once_who_asks_and_then_written_down(
    browser: FlaskClient, consented: str
) -> None:
    form = {"code": "小满", "scope": "all", "nonce": nonce(browser.get("/withdraw").text)}
    asked = browser.post("/withdraw", data=form)
    assert (asked.status_code, left(browser, [consented])) == (422, [True])
    which = browser.post("/withdraw", data={**form, "asked": "yes", "nonce": nonce(asked.text)}).text

    assert "看不到这个孩子" in browser.post("/withdraw", data=picked(which)).text
    assert left(browser, [consented]) == [False]


@pytest.mark.parametrize("asker", ["", "guardian", "both"])
def test_where_no_guardian_is_named_nobody_is_said_to_be_able_to_take_it_back(
    browser: FlaskClient, consented: str, asker: str
) -> None:
    done = browser.post("/withdraw", data={"code": consented, "shown": "it", "asker": asker, "asked": "yes"}).text

    assert "15 天内删除" in done
    assert "还可以改主意" not in done


def test_the_button_says_what_it_does(browser: FlaskClient, consented: str) -> None:
    button = '<button class="btn primary">登记退出</button>'

    assert button in browser.get(f"/people/{consented}/withdraw").text
    assert button in browser.get("/withdraw").text


def test_a_withdrawal_without_a_name_is_never_refused_and_the_same_form_twice_is_one(
    browser: FlaskClient, consented: str
) -> None:
    page = browser.get(f"/people/{consented}/withdraw").text
    form = {"code": consented, "scope": "stop_keep", "asked": "yes", "nonce": nonce(page)}
    for _twice in range(2):
        assert browser.post("/withdraw", data=form).status_code == 200
    assert browser.get(f"/people/{consented}").text.count("撤回") == 1

    again = {**form, "nonce": nonce(browser.get(f"/people/{consented}/withdraw").text)}
    assert browser.post("/withdraw", data=again).status_code == 200
    assert browser.get(f"/people/{consented}").text.count("撤回") == 2


def test_the_same_form_twice_says_twice_the_same_and_another_child_on_it_is_another_form(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, others: list[str], sent: Callable[[str], int]
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    form = {"code": consented, "shown": code, "asker": "mother", "nonce": nonce(browser.get("/withdraw").text)}
    first, second = (browser.post("/withdraw", data=form).text.split("<main", 1)[1] for _ in range(2))
    assert f'<p class="code">{code}</p>' in first
    assert f'<p class="code">{code}</p>' in second
    browser.post("/withdraw", data={**form, "code": others[0]})
    assert left(browser, [consented, *others]) == [False, False, True]
    assert sent("consent_event") == 3  # the mother's yes, and two noes


def test_a_code_that_was_typed_and_is_sent_twice_is_one(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, sent: Callable[[str], int]
) -> None:
    """By then nobody here bears it any more: it would travel as one of a child elsewhere."""
    code = people.case(desks["interviewer"], consented).case_code
    form = {"code": f"编号 {code}", "asker": "mother", "nonce": nonce(browser.get("/withdraw").text)}
    first, second = (browser.post("/withdraw", data=form).text.split("<main", 1)[1] for _ in range(2))

    assert "看不到这个孩子" in first
    assert first == second
    assert (sent("consent_event"), sent("notice")) == (2, 0)


def test_a_notice_that_is_sent_twice_is_one(browser: FlaskClient, sent: Callable[[str], int]) -> None:
    form = {"code": "ZK-B01-042", "asker": "guardian", "nonce": nonce(browser.get("/withdraw").text)}
    for _twice in range(2):
        assert "跟着下一个数据包走" in browser.post("/withdraw", data=form).text

    assert sent("notice") == 1


def test_a_form_that_asks_which_child_is_sent_twice_too(
    browser: FlaskClient, child: str, sent: Callable[[str], int]
) -> None:
    asked = browser.post("/withdraw", data={"code": "小满", "asker": "child", "scope": "all"}).text
    for _twice in range(2):
        assert "看不到这个孩子" in browser.post("/withdraw", data=picked(asked)).text

    assert sent("consent_event") == 1


@pytest.fixture
def sent(desks: dict[str, Desk]) -> Callable[[str], int]:
    """Return how many records of a kind the interviewer's laptop wrote."""

    def count(kind: str) -> int:
        with desks["interviewer"].db.reading() as tables:
            return int(tables.execute("SELECT count(*) FROM changes WHERE kind = ?", [kind]).fetchone()[0])

    return count


def test_a_father_who_withdraws_takes_nothing_from_the_mothers_hands(browser: FlaskClient, consented: str) -> None:
    browser.post("/withdraw", data={"code": consented, "asker": "father", "scope": "stop_keep"})
    page = browser.get(f"/people/{consented}").text
    assert "暂停" in page

    asked = browser.post(f"/people/{consented}/consent", data={"relation": "mother"})
    assert asked.location.endswith("/read")  # she said no no: nothing to come back to
    asked = browser.post(f"/people/{consented}/consent", data={"relation": "father"})
    assert "以前说过不同意" in asked.text
    asked = browser.post(
        f"/people/{consented}/consent", data={"relation": "father", "reason_again_family": "came_back"}
    )
    assert asked.location.endswith("/read")


def test_what_nobody_is_named_for_offers_no_way_back(browser: FlaskClient, consented: str) -> None:
    browser.post("/withdraw", data={"code": consented, "asker": "guardian", "scope": "stop_keep"})
    page = browser.get(f"/people/{consented}").text

    assert "没记下是哪一位" in page or "暂停" in page
    assert "那位监护人改主意了" not in page


def test_a_called_name_is_no_code_and_leads_to_the_children_it_may_mean(browser: FlaskClient, child: str) -> None:
    """And a name by which a family is known does not travel by one tap."""
    page = browser.post("/withdraw", data={"code": "小满", "asker": "child", "scope": "all"}).text
    assert "说的是哪个孩子？" in page
    assert browser.get(f"/people/{child}").status_code == 200

    typed = picked(page)
    assert typed["code"] == [child]
    done = browser.post("/withdraw", data=typed).text
    assert "看不到这个孩子" in done
    assert browser.get(f"/people/{child}").status_code == 404


@pytest.mark.parametrize("typed", ["0394-000 0000", "１３８００００００００", "字" * 41, "李小花", "😀"])
def test_a_number_a_name_or_a_whole_text_is_passed_on_only_after_it_was_meant(browser: FlaskClient, typed: str) -> None:
    asked = browser.post("/withdraw", data={"code": typed, "asker": "guardian"})
    assert asked.status_code == 422
    assert "还没有记下来" in asked.text

    done = browser.post("/withdraw", data={"code": typed, "asker": "guardian", "sure": "yes"}).text
    assert "跟着下一个数据包走" in done  # never refused


def test_an_unknown_name_is_corrected_where_it_was_typed_and_who_asked_is_kept(
    browser: FlaskClient, desks: dict[str, Desk], consented: str
) -> None:
    asked = browser.post("/withdraw", data={"code": "王小芳", "asker": "mother", "scope": "stop_keep"}).text

    assert '<a href="#code">' in asked
    assert 'name="code" value="王小芳"' in asked
    assert 'name="asker" value="mother" checked' in asked
    assert 'name="scope" value="stop_keep" checked' in asked
    assert "这不是编号" not in asked
    assert f'href="tel:{readiness.phone(desks["interviewer"])}"' in asked
    assert asked.index('<button class="btn primary">') < asked.index("tel:") < asked.index('name="sure"')
    corrected = {"code": people.case(desks["interviewer"], consented).case_code, "asker": "mother", "scope": "all"}
    assert "看不到这个孩子" in browser.post("/withdraw", data=corrected).text


def test_who_asked_is_kept_on_the_way_back_and_a_name_does_not_stick_to_its_code(
    browser: FlaskClient, child: str
) -> None:
    which = browser.post("/withdraw", data={"code": "小满", "asker": "father"}).text
    back = re.search(r'class="back" href="([^"]+)"', which)

    assert back
    assert 'name="asker" value="father" checked' in browser.get(unescape(back[1])).text
    (name,) = re.findall(r'name="code" value="[^"]+">(.*?)</label>', which)
    assert name.startswith("<span>")  # of what a label holds side by side the blank between is lost


@pytest.mark.parametrize("around", ["编号 {}", "{}（小满）", "是 {}，谢谢"])
def test_a_code_with_words_around_it_hides_the_child_at_once(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, around: str
) -> None:
    code = people.case(desks["interviewer"], consented).case_code

    done = browser.post("/withdraw", data={"code": around.format(code), "asker": "guardian"}).text

    assert "看不到这个孩子" in done
    assert browser.get(f"/people/{consented}").status_code == 404


@pytest.mark.parametrize("text", ["{}的妹妹", "不是{}，是她妹妹", "除了{}，别的都退出", "{}（小河）"])
def test_a_code_beside_words_that_may_turn_it_round_is_asked_about(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, text: str
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    which = browser.post("/withdraw", data={"code": text.format(code), "asker": "mother"}).text

    assert left(browser, [consented]) == [True]
    assert picked(which)["code"] == [consented]
    browser.post("/withdraw", data=picked(which))
    assert left(browser, [consented]) == [False]


@pytest.fixture
def others(desks: dict[str, Desk], consented: str) -> list[str]:
    """Two more children of that site, consented to as well as asked for: `consented` is the first of three."""
    born = f"{desks['interviewer'].clock.today().year - 11}-02"
    told = [NewChild(called, f"0394-000002{place}", "A03", "m", born) for place, called in enumerate(("小雨", "小河"))]
    return [people.register(desks["interviewer"], one) for one in told]


def left(browser: FlaskClient, children: list[str]) -> list[bool]:
    return [browser.get(f"/people/{one}").status_code == 200 for one in children]


@pytest.mark.parametrize(
    "between", ["、{full}", "、{number}", "/{short}", "和{short}号", "、ZK-A03-{short}", " {slip}"]
)
def test_of_a_text_that_names_two_children_none_is_dropped_in_silence(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, others: list[str], between: str
) -> None:
    at = desks["interviewer"]
    first, second = (people.case(at, one).case_code for one in (consented, others[0]))
    said = {"full": second, "number": second[-3:], "short": str(int(second[-3:]))}
    text = first + between.format(**said, slip=slips.family_slip(at, others[0]).code)
    which = browser.post("/withdraw", data={"code": text, "asker": "mother"}).text

    assert left(browser, [consented, *others]) == [True, True, True]
    sent = picked(which)
    assert set(sent["code"]) == {consented, others[0]}
    none = browser.post("/withdraw", data={**sent, "code": []})
    assert none.status_code == 422
    assert set(picked(none.text)["code"]) == {consented, others[0]}
    done = browser.post("/withdraw", data={**sent, "code": [consented]}).text
    assert re.search(rf"没有勾上[^<]*{second}", done)
    assert left(browser, [consented, *others]) == [False, True, True]


def test_of_codes_from_elsewhere_each_becomes_a_notice_of_its_own(
    browser: FlaskClient, desks: dict[str, Desk], consented: str
) -> None:
    sent = picked(browser.post("/withdraw", data={"code": "zk b01 042、43", "asker": "mother"}).text)
    done = browser.post("/withdraw", data=sent).text

    assert done.count("跟着下一个数据包走") == 2
    with desks["interviewer"].db.reading() as tables:
        found = [row["code"] for row in tables.query("SELECT code FROM notices ORDER BY code")]
    assert found == ["ZK-B01-042", "ZK-B01-043"]
    assert left(browser, [consented]) == [True]


@pytest.mark.parametrize("around", ["编号{}", "{}。", "{}号", "{}"])
def test_a_slip_code_with_words_around_it_hides_the_child_at_once(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, around: str
) -> None:
    code = slips.family_slip(desks["interviewer"], consented).code
    done = browser.post("/withdraw", data={"code": around.format(code), "asker": "mother"}).text

    assert "看不到这个孩子" in done
    assert left(browser, [consented]) == [False]


def test_a_pseudonym_beside_a_code_or_in_quotes_is_the_childs(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, others: list[str]
) -> None:
    at = desks["interviewer"]
    name = people.case(at, consented).pseudonym
    assert name
    both = browser.post(
        "/withdraw", data={"code": f"{name.zh}，{people.case(at, others[0]).case_code}", "asker": "mother"}
    )
    assert set(picked(both.text)["code"]) == {consented, others[0]}

    assert "看不到这个孩子" in browser.post("/withdraw", data={"code": f"“{name.zh}”", "asker": "mother"}).text
    assert left(browser, [consented, *others]) == [False, True, True]


def test_words_beside_a_code_that_are_nobodys_are_said_to_be_not_registered(
    browser: FlaskClient, desks: dict[str, Desk], consented: str
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    which = browser.post("/withdraw", data={"code": f"{code} 和王小芳", "asker": "mother"}).text
    done = browser.post("/withdraw", data=picked(which)).text

    assert "看不到这个孩子" in done
    assert "王小芳" in done.split("没有登记的")[1]


def test_of_what_no_code_can_be_read_in_it_is_never_said_that_it_takes_effect(browser: FlaskClient) -> None:
    done = browser.post("/withdraw", data={"code": "王小芳", "asker": "mother", "sure": "yes"}).text

    assert "就在哪里生效" not in done
    assert "读不出编号" in done
    assert "15 天" not in done


def test_of_two_children_with_one_pseudonym_the_family_is_asked_which(
    browser: FlaskClient, desks: dict[str, Desk], consented: str, child: str
) -> None:
    desk = desks["interviewer"]
    name = people.case(desk, consented).pseudonym
    assert name is not None
    other = people.register(desk, NewChild("阿宁", "", "A03", "f", "2014-05"))
    with desk.db.writing() as tables:
        both = {"pseudonym_zh": name.zh, "pseudonym_en": name.en}
        log.append_over(tables, desk.pen, Draft("participant", both, record=other, subject=other))

    page = browser.post("/withdraw", data={"code": name.zh, "asker": "mother"}).text
    assert "说的是哪个孩子？" in page
    assert set(picked(page)["code"]) == {consented, other}
    browser.post("/withdraw", data={**picked(page), "code": [other]})
    assert browser.get(f"/people/{consented}").status_code == 200
    assert browser.get(f"/people/{other}").status_code == 404


def test_elsewhere_no_guardian_is_offered_by_name(sit: Callable[[str], FlaskClient]) -> None:
    """A notice carries no name of a guardian: none is asked for."""
    page = sit("sg_lead").get("/withdraw").text

    assert re.findall(r'name="asker" value="(\w+)"', page) == ["child", "guardian", "both"]


def test_a_part_is_taken_back_and_the_child_stays(browser: FlaskClient, interview: str, consented: str) -> None:
    assert 'value="quote"' in browser.get(f"/people/{consented}/withdraw").text
    done = browser.post("/withdraw", data={"code": consented, "asker": "mother", "scope": "quote"}).text

    assert "从现在起：不再引用原话" in done
    assert "15 天" not in done
    page = browser.get(f"/people/{consented}").text
    assert "收回一部分" in page
    assert browser.get(f"/interviews/{interview}").status_code == 200
