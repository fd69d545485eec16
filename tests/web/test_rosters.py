from __future__ import annotations

from io import BytesIO

from flask.testing import FlaskClient
from xlsxwriter import Workbook

from fieldkit.clock import Clock

BORN = f"{Clock().today().year - 12}-01"


def _roster(*lines: list[str]) -> tuple[BytesIO, str]:
    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([["称呼", "性别", "出生年月", "调查点"], *lines]):
            sheet.write_row(number, 0, cells)
    return BytesIO(content.getvalue()), "roster.xlsx"


def test_what_is_no_roster_is_told(browser: FlaskClient) -> None:
    answer = browser.post("/rosters", data={"roster": (BytesIO(b"nothing"), "x.xlsx")})

    assert answer.status_code == 422
    assert "不是能读的 Excel" in answer.text
    assert browser.post("/rosters", data={}).status_code == 422


def test_without_a_roster_there_is_nothing_to_register(browser: FlaskClient) -> None:
    assert browser.post("/rosters/register", data={}).status_code == 409


def test_a_page_of_another_roster_registers_nobody(browser: FlaskClient) -> None:
    """Two tabs: the button means the children that its own page shows."""
    first = _nonce(browser.post("/rosters", data={"roster": _roster(["小河", "男", BORN, "A03"])}).text)
    second = browser.post("/rosters", data={"roster": _roster(["小禾", "女", BORN, "A03"])}).text
    assert "小禾" in second

    assert browser.post("/rosters/register", data={"nonce": first}).status_code == 409
    assert browser.get("/people").text.count('class="row r2"') == 0
    assert browser.post("/rosters/register", data={"nonce": _nonce(second)}).status_code == 302
    assert "小禾" in browser.get("/people").text


def _nonce(page: str) -> str:
    return page.split('name="nonce" value="')[1].split('"')[0]


def test_a_roster_is_shown_first_and_registered_once(browser: FlaskClient) -> None:
    lines = [["小河", "男", BORN, "A03"], ["小禾", "女", "十二", "A03"]]
    page = browser.post("/rosters", data={"roster": _roster(*lines)}).text
    assert "要登记：1" in page
    assert "第 3 行" in page
    assert "小河" not in browser.get("/people").text

    form = {"nonce": _nonce(page)}
    assert "登记了 1 个" in browser.post("/rosters/register", data=form, follow_redirects=True).text
    assert browser.post("/rosters/register", data=form).status_code == 302
    assert browser.get("/people").text.count('class="row r2"') == 1


def test_lines_like_a_child_who_is_here_or_like_one_another_are_shown_and_asked_about(browser: FlaskClient) -> None:
    slip = {"called": "小河", "phone": "0394-1234567", "site": "A03", "sex": "m", "birth_date": BORN}
    here = browser.post("/people/new", data=slip).location.split("/")[2]
    lines = [["小河", "男", BORN, "A03"], ["小禾", "女", BORN, "A03"], ["小禾", "男", BORN, "A03"]]
    page = browser.post("/rosters", data={"roster": _roster(*lines)}).text

    assert "可能已经在册" in page
    assert f'href="/people/{here}" target="_blank"' in page
    assert "2, 4" in page
    refused = browser.post("/rosters/register", data={"nonce": _nonce(page)})
    assert refused.status_code == 422
    assert browser.get("/people").text.count('class="row r2"') == 1
    sure = {"nonce": _nonce(refused.text), "reason_alike": "another"}
    assert browser.post("/rosters/register", data=sure).status_code == 302
    assert browser.get("/people").text.count('class="row r2"') == 4


def test_a_line_of_a_child_who_is_here_is_named_with_the_code_of_that_child(browser: FlaskClient) -> None:
    roster = ["小河", "男", BORN, "A03"]
    page = browser.post("/rosters", data={"roster": _roster(roster)}).text
    browser.post("/rosters/register", data={"nonce": _nonce(page)})
    page = browser.post("/rosters", data={"roster": _roster(roster, ["小禾", "女", BORN, "A03"])}).text

    assert "已登记过：1" in page
    named = page.split("这几行不登记")[1]
    assert "第 2 行" in named
    assert "ZK-A03-001" in named


def test_every_site_that_is_short_of_codes_is_said_once(browser: FlaskClient) -> None:
    lines = [[f"小河{number}", "男", BORN, site] for number in range(1, 501) for site in ("A03", "A04")]
    shown = browser.post("/rosters", data={"roster": _roster(*lines)}).text
    page = browser.post("/rosters/register", data={"nonce": _nonce(shown)}).text

    assert page.count("调查点 A03 的个案编号不够") == page.count("调查点 A04 的个案编号不够") == 1


def test_more_lines_than_codes_are_said_before_anything_is_stored(browser: FlaskClient) -> None:
    lines = [[f"小河{number}", "男", BORN, "A03"] for number in range(1, 1001)]
    page = browser.post("/rosters", data={"roster": _roster(*lines)}).text

    assert "1001" in page
    assert "个案编号不够" in page
    assert "登记 1000" not in page
    refused = browser.post("/rosters/register", data={"nonce": _nonce(page)})
    assert refused.status_code == 409
    assert "个案编号不够" in refused.text
    assert browser.get("/people").text.count('class="row r2"') == 0


def test_an_empty_roster_can_be_fetched(browser: FlaskClient) -> None:
    assert browser.get("/rosters/template").data.startswith(b"PK")
