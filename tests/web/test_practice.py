"""Practice: invented children behind the same pages, apart from everything real, and gone afterwards."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import demo, people, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from fieldkit.web.sessions import COOKIE
from fieldkit.web.site import HOME, Site

RIBBON = "里面的孩子都是虚构的，什么都不会留下"
OWN = "xq7Wn2pLk9Zt"
PASSPHRASE = "four plain words here"
Clear = Callable[[Database], bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented study, made once."""
    root = tmp_path_factory.mktemp("invented")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "_passphrase", lambda: PASSPHRASE)
        demo.close(demo.build(root, Clock(), ("coordinator", "interviewer")).values())
    return root


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system keeps what is temporary; the invented study is copied there, which is quicker than making it."""

    def build(root: Path, clock: Clock, roles: Collection[str]) -> dict[str, Desk]:
        shutil.copytree(made, root, dirs_exist_ok=True)
        folders = {role: Folder.open(root / role) for role in roles}
        return {role: users.unlock(one, users.slots(one)[0].code, PASSPHRASE, clock) for role, one in folders.items()}

    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(demo, "build", build)
    return folder


@pytest.fixture
def site(beside: FlaskClient) -> Iterator[Site]:
    """The interviewer's own laptop."""
    found: Site = beside.application.extensions["fieldkit"]
    yield found
    for name in [name for name in found.machines if name != HOME]:
        found.machines[name].close()


@pytest.fixture
def practising(beside: FlaskClient, site: Site) -> FlaskClient:
    assert beside.post("/practice").status_code == 302
    return beside


def machine_of(site: Site) -> Desk:
    """The desk of the only practice."""
    (found,) = [one.desk for name, one in site.machines.items() if name != HOME]
    assert found
    return found


def wait(site: Site, **time: int) -> None:
    site.clock = replace(site.clock, ahead=site.clock.ahead + timedelta(**time))


def test_nothing_goes_in_or_out(practising: FlaskClient, tmp_path: Path) -> None:
    for path in (
        "handover/write",
        "handover/read",
        "preview",
        "handover/download",
        "backup/write",
        "backup/download",
        "restore",
    ):
        answer = practising.post(f"/{path}", data={"path": str(tmp_path / "carried")})
        assert answer.status_code == 403, path
        assert "数据不能进出" in answer.text
    for path in ("exports/interviews", "rosters", "users", "unlock", "phones/open", "phones/pair", "sheet"):
        assert practising.post(f"/{path}").status_code == 403, path
    assert not (tmp_path / "carried").exists()


def test_who_may_use_the_laptop_is_no_matter_of_practice(practising: FlaskClient) -> None:
    for path in ("/users", "/phones", "/sheet", "/devices"):
        assert practising.get(path).status_code == 403, path


def test_there_is_no_practice_in_the_demo_which_is_one(browser: FlaskClient) -> None:
    assert browser.post("/practice").status_code == 404
    assert "/practice" not in browser.get("/today").text


def test_nobody_practises_on_a_locked_laptop(locked: FlaskClient, scratch: Path) -> None:
    assert locked.post("/practice").status_code == 401
    assert list(scratch.iterdir()) == []


def test_it_is_offered_before_the_study_is_ready(beside: FlaskClient, site: Site, no_form_in_force: None) -> None:
    assert "/practice" in beside.get("/today").text
    assert "什么都不会留下" in beside.get("/practice").text
    beside.post("/practice")

    assert "接着访谈" in beside.get("/today").text


PAGES = ("/today", "/people", "/people/new", "/handover", "/inbox", "/help-card", "/backup", "/check", "/nowhere")


@pytest.mark.parametrize(
    ("lang", "ribbon"), [("zh", RIBBON), ("en", "the children here are invented, nothing is kept")]
)
def test_every_page_says_so_and_shows_nothing_real(practising: FlaskClient, child: str, lang: str, ribbon: str) -> None:
    practising.set_cookie("lang", lang, domain="127.0.0.1")
    for path in PAGES:
        page = practising.get(path).text
        assert ribbon in page.split("<header")[0], path
        assert child not in page
        assert "0394-0000000" not in page
    practising.post("/practice/end")
    assert child in practising.get("/people").text


def test_children_of_the_study_and_of_practice_are_not_found_from_the_other_side(
    practising: FlaskClient, site: Site, child: str
) -> None:
    invented = people.listing(machine_of(site))[0].id
    assert practising.get(f"/people/{child}").status_code == 404
    assert practising.get(f"/people/{invented}").status_code == 200
    practising.post("/practice/end")

    assert practising.get(f"/people/{child}").status_code == 200
    assert practising.get(f"/people/{invented}").status_code == 404


def test_the_help_card_says_that_its_own_numbers_are_invented(practising: FlaskClient) -> None:
    assert "是虚构的，打过去没有人接" in practising.get("/help-card?site=A03").text
    practising.post("/practice/end")

    assert "是虚构的" not in practising.get("/help-card?site=A03").text


def test_what_is_typed_in_practice_is_nowhere_in_the_study(
    practising: FlaskClient, site: Site, desks: dict[str, Desk], clear: Clear
) -> None:
    type_note(practising, OWN)
    invented, real = machine_of(site), desks["interviewer"]
    for desk in (invented, real):
        with desk.db.writing():
            desk.db.leave_no_trace()

    assert OWN.encode() in clear(invented.db)
    assert OWN.encode() not in clear(real.db)
    assert not any(OWN.encode() in path.read_bytes() for path in real.folder.path.rglob("*") if path.is_file())


def type_note(browser: FlaskClient, text: str) -> str:
    """Type into the interview that is open in practice; return its address."""
    found = re.search(r'href="(/interviews/[\w-]+)"', browser.get("/today").text)
    assert found
    form = browser.get(f"{found[1]}?section=W").text.split('id="W1"')[1].split("</form>")[0]
    fields = {name: unescape(kept) for name, kept in re.findall(r'name="(editor|base)" value="([^"]*)"', form)}
    answer = browser.post(f"{found[1]}/answers/W1", data={**fields, "text": text}, headers={"X-Fieldkit": "script"})
    assert answer.status_code == 200
    return found[1]


def test_guide_stop_and_closing_work(practising: FlaskClient) -> None:
    interview = type_note(practising, OWN)
    assert OWN in practising.get(f"{interview}?section=W").text

    for path in ("/stop", "/close", "/memo", "/observation", "/distress"):
        assert practising.get(f"{interview}{path}").status_code == 200, path
    assert practising.post(f"{interview}/stop", data={"choice": "stop_keep"}).status_code == 302


def test_a_second_tap_steps_into_the_same_practice(practising: FlaskClient, scratch: Path) -> None:
    practising.post("/practice")

    assert len(list(scratch.iterdir())) == 1


def test_the_end_leads_back_to_where_one_was_and_deletes_it(practising: FlaskClient, scratch: Path, child: str) -> None:
    assert len(list(scratch.iterdir())) == 1
    page = practising.post("/practice/end", follow_redirects=True).text

    assert "从现在起都是真的" in page
    assert f"/people/{child}" in page
    assert RIBBON not in page
    assert list(scratch.iterdir()) == []


def test_an_end_without_practice_says_nothing(beside: FlaskClient) -> None:
    assert "练习结束" not in beside.post("/practice/end", follow_redirects=True).text


def test_what_a_guided_step_has_gathered_waits_outside(beside: FlaskClient, site: Site) -> None:
    (held,) = beside.application.session_interface.held.values()  # type: ignore[attr-defined]
    held["drafts"]["x"] = {"real_name": OWN}
    beside.post("/practice")
    assert held.inside["drafts"] == {}
    beside.post("/practice/end")

    assert held["drafts"] == {"x": {"real_name": OWN}}
    assert held.inside is None


def test_a_form_of_the_study_is_not_taken_in_practice(beside: FlaskClient, site: Site) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', beside.get("/people/new").text)
    assert token
    beside.post("/practice")
    before = len(people.listing(machine_of(site)))

    answer = beside.post("/people/new", data={"csrf_token": token[1], "called": "小川", "phone": "0394-1234567"})

    assert answer.status_code == 409
    assert "这一页是正式研究的" in answer.text
    assert "小川" in answer.text
    assert "0394-1234567" in answer.text
    assert "锁屏或重启" not in answer.text
    assert len(people.listing(machine_of(site))) == before


def test_a_form_of_a_practice_that_is_over_says_so_and_gives_its_words_back(practising: FlaskClient) -> None:
    page = practising.get("/people/new").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert 'name="practised"' in page
    practising.post("/practice/end")
    sent = {"csrf_token": token[1], "practised": "1", "called": "小川"}
    answer = practising.post("/people/new", data=sent)

    assert answer.status_code == 409
    assert "练习已经结束" in answer.text
    assert "小川" in answer.text
    assert "小川" not in practising.get("/people").text
    assert 'name="practised"' not in practising.get("/people/new").text


def test_a_family_that_really_asks_out_ends_it_and_is_written_down_for_real(
    practising: FlaskClient, scratch: Path, child: str, desks: dict[str, Desk]
) -> None:
    code = people.case(desks["interviewer"], child).case_code
    assert "是真的，记下来" in practising.get("/withdraw").text
    played = practising.post("/withdraw", data={"code": code, "asker": "mother"}).text
    assert "这只是练习，没有真的登记退出" in played
    assert people.case(desks["interviewer"], child).case_code == code

    done = practising.post("/withdraw", data={"code": code, "asker": "mother", "real": "yes"}).text

    assert "看不到这个孩子" in done
    assert RIBBON not in done
    assert list(scratch.iterdir()) == []
    assert practising.get(f"/people/{child}").status_code == 404


def test_a_lock_ends_it(practising: FlaskClient, scratch: Path) -> None:
    practising.post("/lock")

    assert list(scratch.iterdir()) == []
    assert practising.get("/today").location.startswith("/unlock")


@pytest.mark.parametrize("chosen", [True, False])
def test_a_cover_ends_it_and_lies_over_the_real_day(
    beside: FlaskClient, site: Site, scratch: Path, chosen: bool
) -> None:
    if chosen:
        beside.post("/cover/pin", data={"pin": "2468"})
        beside.post("/cover", data={"secret": "2468"})
    beside.post("/practice")
    beside.post("/cover/fall", data={"back": ""})
    if not chosen:
        beside.post("/cover/pin", data={"pin": "2468"})

    assert list(scratch.iterdir()) == []
    assert beside.get("/today").location.startswith("/cover")
    beside.post("/cover", data={"secret": "2468"})
    assert RIBBON not in beside.get("/today").text


def test_a_laptop_left_alone_ends_it_and_is_covered(practising: FlaskClient, site: Site, scratch: Path) -> None:
    practising.get("/today")
    wait(site, hours=3)
    answer = practising.get("/people")

    assert answer.location == "/cover"
    assert list(scratch.iterdir()) == []
    assert practising.get("/today").location.startswith("/cover")
    practising.post("/cover", data={"secret": PASSPHRASE})
    assert practising.get("/today").status_code == 200


@pytest.mark.parametrize("path", ["/unlock", "/cover"])
def test_an_address_that_is_only_asked_for_ends_nothing(practising: FlaskClient, scratch: Path, path: str) -> None:
    answer = practising.get(path)

    assert answer.status_code == 403
    assert "先结束练习" in answer.text
    assert RIBBON in answer.text
    assert len(list(scratch.iterdir())) == 1
    assert practising.get("/today").status_code == 200


def test_no_pin_of_the_real_day_is_chosen_in_practice(practising: FlaskClient, scratch: Path) -> None:
    assert practising.post("/cover/pin", data={"pin": "2468"}).status_code == 403
    assert len(list(scratch.iterdir())) == 1


def test_two_people_practise_without_seeing_each_other(
    colleague: FlaskClient, practising: FlaskClient, site: Site, scratch: Path
) -> None:
    second = colleague
    second.post("/practice")
    type_note(practising, OWN)

    assert len(list(scratch.iterdir())) == 2
    assert OWN not in second.get(f"{type_note(second, '别的话')}?section=W").text
    practising.post("/lock")
    assert len(list(scratch.iterdir())) == 1
    assert RIBBON in second.get("/today").text
    second.post("/practice/end")
    assert second.get("/today").status_code == 200


@pytest.fixture
def colleague(beside: FlaskClient) -> FlaskClient:
    """Another person, in another browser of the same laptop."""
    beside.post("/users", data={"name": "王越", "passphrase": PASSPHRASE, "again": PASSPHRASE})
    browser = beside.application.test_client()
    (code,) = re.findall(r'name="code" value="([^"]+)"[^>]*><span>王越', browser.get("/unlock").text)
    browser.post("/unlock", data={"code": code, "passphrase": PASSPHRASE})
    return browser


def first_code(browser: FlaskClient) -> str:
    return browser.get("/unlock").text.split('name="code" value="')[1].split('"')[0]


def test_the_study_stays_open_for_who_practises_while_a_colleague_locks(
    colleague: FlaskClient, practising: FlaskClient
) -> None:
    colleague.post("/lock")
    practising.post("/practice/end")

    assert practising.get("/today").status_code == 200


def test_a_paired_phone_practises_and_its_removal_ends_it(
    beside: FlaskClient, paired: Any, site: Site, scratch: Path
) -> None:
    paired.send("/unlock", "/unlock", code=first_code(paired), passphrase=PASSPHRASE)
    paired.send("/today", "/practice")

    assert RIBBON in paired.get("/today").text
    assert RIBBON not in beside.get("/today").text
    gone = re.search(r"/phones/([\w-]+)/remove", beside.get("/phones").text)
    assert gone
    beside.post(f"/phones/{gone[1]}/remove")
    assert list(scratch.iterdir()) == []


def test_what_is_on_its_way_when_practice_ends_finds_itself_locked(practising: FlaskClient, site: Site) -> None:
    (held,) = practising.application.session_interface.held.values()  # type: ignore[attr-defined]
    on_its_way = held.inside
    practising.post("/practice/end")

    assert on_its_way.get("desk") is None
    assert held["desk"].db is site.machines[HOME].desk.db  # type: ignore[union-attr]


@pytest.fixture
def ended_meanwhile(practising: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser whose practice is ended in another window as soon as a page has begun to look up the children."""
    window = practising.application.test_client()
    (name,) = practising.application.session_interface.held  # type: ignore[attr-defined]
    window.set_cookie(COOKIE, name, domain="127.0.0.1")
    looks = people.listing

    def end() -> None:
        thread = Thread(target=window.post, args=("/practice/end",))
        thread.start()
        thread.join()

    def listing(desk: Desk) -> object:
        end()
        return looks(desk)

    monkeypatch.setattr(people, "listing", listing)
    return practising


@pytest.mark.parametrize(("lang", "words"), [("zh", "练习已经结束"), ("en", "The practice is over")])
def test_a_page_whose_practice_ended_under_it_says_so_and_leads_to_today(
    ended_meanwhile: FlaskClient, child: str, lang: str, words: str
) -> None:
    ended_meanwhile.set_cookie("lang", lang, domain="127.0.0.1")
    answer = ended_meanwhile.get("/people")

    assert answer.status_code == 409
    assert words in answer.text.split('role="alert"')[1].split("</p>")[0]
    assert 'href="/"' in answer.text.split('role="alert"')[1]
    assert RIBBON not in answer.text
    assert child in ended_meanwhile.get("/today").text


def test_a_form_on_the_page_that_says_so_is_taken(ended_meanwhile: FlaskClient) -> None:
    page = ended_meanwhile.get("/people").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token

    assert ended_meanwhile.post("/language", data={"csrf_token": token[1], "lang": "en"}).status_code == 302


def test_a_script_whose_practice_ended_is_told_so(ended_meanwhile: FlaskClient) -> None:
    answer = ended_meanwhile.get("/people", headers={"X-Fieldkit": "script"})

    assert (answer.status_code, answer.json["code"]) == (409, "practice_over")  # type: ignore[index]


def test_the_cover_falls_although_an_interview_with_an_invented_child_is_open(
    practising: FlaskClient, site: Site
) -> None:
    assert practising.get("/today").status_code == 200
    assert any(one.step.code == "continue" for one in people.listing(machine_of(site)))
    wait(site, minutes=4)

    assert practising.get("/today").location.startswith("/cover")


def test_a_childs_card_that_lies_open_is_taken_back_and_none_is_handed_over_in_practice(
    beside: FlaskClient, site: Site, consented: str
) -> None:
    assert beside.post(f"/people/{consented}/card").status_code == 302
    assert site.machines[HOME].card is not None
    beside.post("/practice")

    assert site.machines[HOME].card is None
    assert beside.post(f"/people/{consented}/card").status_code == 403


@pytest.fixture
def called(beside: FlaskClient, interview: str, paired: Any) -> str:
    """The stop page of an interview whose child tapped "stop" on its card."""
    beside.post(f"/interviews/{interview}/card")
    card = re.search(r'name="card" value="([^"]+)"', paired.get("/child").text)
    assert card
    paired.send("/child", "/child", card=card[1], sign="stop")
    return f"/interviews/{interview}/stop"


def test_a_refused_practice_takes_no_stop_of_a_child_away(beside: FlaskClient, site: Site, called: str) -> None:
    assert beside.post("/practice").status_code == 409

    for path in ("/practice", "/today"):
        assert f'href="{called}"' in beside.get(path).text, path


def test_a_stop_of_a_talk_of_an_earlier_day_comes_before_a_practice(
    beside: FlaskClient, site: Site, called: str, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    monkeypatch.setattr("fieldkit.store.people.goes_on", lambda *_: False)

    assert beside.post("/practice").headers["Location"] == called
    assert (list(site.machines), list(scratch.iterdir())) == ([HOME], [])
    assert f'href="{called}"' in beside.get("/today").text
