from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fieldkit.i18n import EN
from fieldkit.store import sheets

PASSPHRASE = "four plain words here"
ANSWERS = {"study": {"study": "zhoukou"}, "institution": {"institution": "某大学"}, "name": {"name": "陈静"}}
SECRET = {"passphrase": PASSPHRASE, "again": PASSPHRASE}


@pytest.fixture
def folder(empty: FlaskClient) -> Path:
    path: Path = empty.application.extensions["fieldkit"].machines["home"].folder.path
    return path


def answer_all(browser: FlaskClient) -> None:
    value = re.search(r'name="study" value="([^"]+)"', browser.get("/setup/study").text)
    assert value
    ANSWERS["study"] = {"study": value[1]}
    for step, said in ANSWERS.items():
        assert browser.post(f"/setup/{step}", data=dict(said)).status_code == 302, step
    assert browser.post("/setup/passphrase", data=dict(SECRET)).location == "/sheet/words"


def typed_back(browser: FlaskClient) -> dict[str, str]:
    listed = re.findall(r"<li><span[^>]*>(\S+)</span>", browser.get("/sheet/words").text)
    assert len(listed) == 12
    first, second = map(int, re.findall(r"第 (\d+) 个字</label>", browser.get("/sheet/back").text))
    return {"first": listed[first - 1], "second": listed[second - 1]}


def test_a_short_passphrase_founds_nothing(empty: FlaskClient) -> None:
    answer_all(empty)
    answer = empty.post("/setup/passphrase", data={"passphrase": "short", "again": "short"})

    assert answer.status_code == 422
    assert "short" not in answer.text
    assert "密码要长一点" in answer.text


def test_a_passphrase_of_digits_founds_nothing(empty: FlaskClient) -> None:
    answer_all(empty)
    answer = empty.post("/setup/passphrase", data={"passphrase": "123456789012", "again": "123456789012"})

    assert answer.status_code == 422
    assert "只有数字" in answer.text
    assert "123456789012" not in answer.text


def test_a_passphrase_of_one_letter_founds_nothing(empty: FlaskClient) -> None:
    answer_all(empty)
    answer = empty.post("/setup/passphrase", data={"passphrase": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"})

    assert answer.status_code == 422
    assert "翻来覆去" in answer.text


@pytest.mark.parametrize("step", ["institution", "name"])
def test_what_is_no_name_stays_at_its_question(empty: FlaskClient, step: str) -> None:
    answer_all(empty)
    answer = empty.post(f"/setup/{step}", data={step: "😀"})

    assert answer.status_code == 422
    assert "这不像名字" in answer.text
    assert 'value="😀"' in answer.text
    assert "😀" not in empty.get(f"/setup/{step}").text


def test_an_institution_named_by_a_label_that_children_are_mocked_with_stays_at_its_question(
    empty: FlaskClient,
) -> None:
    answer_all(empty)
    answer = empty.post("/setup/institution", data={"institution": "某大学留守儿童研究中心"})

    assert answer.status_code == 422
    assert "孩子会因为这个词被人笑话" in answer.text


@pytest.mark.parametrize("blank", ["", "  ", "\u3000", "\u200b\u200b", "\ufeff \u00ad"])
@pytest.mark.parametrize("step", ["institution", "name"])
def test_a_blank_answer_stays_at_its_question_and_the_others_are_kept(
    empty: FlaskClient, step: str, blank: str
) -> None:
    answer_all(empty)
    answer = empty.post(f"/setup/{step}", data={step: blank})

    assert answer.status_code == 422
    assert "这里要填" in answer.text
    assert f'id="{step}"' in answer.text
    typed = {"institution": "某大学", "name": "陈静"}
    for name, said in typed.items():
        assert f'value="{said}"' in empty.get(f"/setup/{name}").text


def test_names_are_kept_without_signs_that_nobody_sees(empty: FlaskClient) -> None:
    answer_all(empty)
    assert empty.post("/setup/name", data={"name": " 陈\u200b静\u3000"}).status_code == 302
    assert 'value="陈静"' in empty.get("/setup/name").text


def test_no_question_can_be_skipped(empty: FlaskClient) -> None:
    for step in ("institution", "name", "passphrase"):
        assert empty.get(f"/setup/{step}").location == "/setup/study"
        assert empty.post(f"/setup/{step}", data=dict(SECRET)).location == "/setup/study"
    assert empty.get("/sheet/words").status_code == 409
    assert empty.post("/sheet/back", data={"first": "的", "second": "的"}).status_code == 409
    assert empty.get("/setup/nothing").status_code == 404


def test_a_wizard_that_is_abandoned_or_answered_wrongly_leaves_the_folder_empty(
    empty: FlaskClient, folder: Path
) -> None:
    answer_all(empty)
    refused = empty.post("/sheet/back", data={"first": "zebra", "second": "zebra"})

    assert refused.status_code == 422
    assert "对不上" in refused.text
    assert [path.name for path in folder.iterdir()] == ["lock"]


def test_an_empty_laptop_offers_to_join_to_found_or_to_restore(empty: FlaskClient) -> None:
    assert "加入研究" in empty.get("/").text
    assert "恢复备份" in empty.get("/").text
    empty.set_cookie("lang", "en", domain="127.0.0.1")
    assert "Found a study" in empty.get("/").text


def test_what_was_typed_comes_back_with_the_back_link(empty: FlaskClient) -> None:
    answer_all(empty)
    assert 'value="某大学"' in empty.get("/setup/institution").text
    assert PASSPHRASE not in empty.get("/setup/passphrase").text


def test_the_founder_becomes_the_coordinator_once_two_words_are_typed_back(empty: FlaskClient) -> None:
    answer_all(empty)
    words = typed_back(empty)

    assert empty.post("/sheet/back", data=words).location == "/"
    page = empty.get("/inbox").text
    assert "项目协调员" in page
    assert "试用：不要录入真实的孩子" in page
    assert empty.get("/sheet/words").status_code == 409
    assert empty.get("/setup/study").status_code == 409
    assert "还没有访谈员加入" in empty.get("/readiness").text


def test_the_sheet_that_is_printed_names_study_laptop_and_person_and_holds_the_same_words(empty: FlaskClient) -> None:
    answer_all(empty)
    shown, printed = (
        re.findall(r"<li><span[^>]*>(\S+)</span>", empty.get(f"/sheet/{page}").text) for page in ("words", "print")
    )
    page = empty.get("/sheet/print").text

    assert shown == printed
    assert all(words in page for words in ("陈静", "C1", "不要和电脑放在一起", "只有密码能打开"))
    picture = empty.get("/sheet/qr.svg")
    assert picture.mimetype == "image/svg+xml"
    assert b"style=" not in picture.data
    empty.set_cookie("lang", "en", domain="127.0.0.1")
    english = re.findall(r"<li><span[^>]*>(\S+)</span>", empty.get("/sheet/words").text)
    assert sheets.words(sheets.code("".join(shown)), EN) == english
