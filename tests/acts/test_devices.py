from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.acts import checks, devices, people
from fieldkit.acts.desk import Desk
from fieldkit.acts.devices import NotARequest
from fieldkit.acts.invitations import NotAnInvitation
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, Missing, NotAllowed, Refusal
from fieldkit.records import Change
from fieldkit.store import machine
from fieldkit.store.folder import Folder, NotEmpty, NotSetUp
from fieldkit.store.keys import Cost, WeakPassphrase, WrongPassphrase, b64, open_slot, seal_to, unb64
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Joins = Callable[[str, str, str], Desk]
Carry = Callable[[Desk, Desk], Report]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder.open(tmp_path / "new machine")
    yield folder
    folder.close()


@pytest.fixture
def asked(empty: Folder, cheap: Cost, passphrase: str) -> bytes:
    """The request of 王越, a new interviewer."""
    return devices.request(empty, "王越", passphrase, "interviewer", cheap)


def test_only_a_coordinator_looks_at_requests_and_answers_them(refused: Refused, asked: bytes) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", lambda desk: devices.look(desk, asked))
    refused(NotAllowed, "interviewer translator sg_lead", lambda desk: devices.invite(desk, asked, "interviewer", "A"))


def test_a_request_needs_a_name_a_role_and_a_strong_passphrase(empty: Folder, cheap: Cost, passphrase: str) -> None:
    for name, typed, role, refusal in (
        (" ", passphrase, "interviewer", Missing),
        ("王越", passphrase, "boss", Invalid),
        ("王越", "short", "interviewer", WeakPassphrase),
    ):
        with pytest.raises(refusal):
            devices.request(empty, name, typed, role, cheap)
    assert (empty.state, empty.slots, empty.database_path.exists()) == ("empty", [], False)


def test_a_folder_that_asked_or_joined_does_not_ask_again(
    empty: Folder, asked: bytes, desks: Desks, cheap: Cost, passphrase: str
) -> None:
    for folder in (empty, desks["interviewer"].folder):
        with pytest.raises(NotEmpty):
            devices.request(folder, "王越", passphrase, "interviewer", cheap)


def test_a_request_that_breaks_off_leaves_the_folder_empty(
    empty: Folder, cheap: Cost, passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "write_slots", full)
        with pytest.raises(OSError, match="No space"):
            devices.request(empty, "王越", passphrase, "interviewer", cheap)

    assert devices.request(empty, "王越", passphrase, "interviewer", cheap)


def test_both_screens_show_the_same_groups(desks: Desks, asked: bytes) -> None:
    seen = devices.look(desks["coordinator"], asked)

    assert (seen.name, seen.role, seen.groups) == ("王越", "interviewer", devices.fingerprint(asked))
    assert [len(group) for group in seen.groups] == [4] * 6
    assert devices.fingerprint(asked + b" ") != seen.groups


def test_a_waiting_folder_gives_its_request_out_again(
    empty: Folder, asked: bytes, desks: Desks, passphrase: str
) -> None:
    with pytest.raises(WrongPassphrase):
        devices.pending_request(empty, Clock(), "not the right words")
    with pytest.raises(NotSetUp):
        devices.pending_request(desks["interviewer"].folder, Clock(), passphrase)

    assert devices.pending_request(empty, Clock(), passphrase) == asked


def test_a_request_holds_no_secret(asked: bytes, empty: Folder, passphrase: str) -> None:
    said = json.loads(asked)

    assert said.keys() == {"format", "device", "user"}
    assert said["device"].keys() == {"id", "verify", "box"}
    assert passphrase.encode() not in asked


GARBAGE = [b"", b"\xff", b"[]", b"7", b"{}", b"PK\x03\x04", b'{"format":1}', b'{"format":1,"device":[],"user":"x"}']


def test_what_is_no_request_is_refused(refused: Refused, asked: bytes) -> None:
    said = json.loads(asked)
    short, typed = said["device"] | {"box": "AAAA"}, said["user"] | {"name": 7}
    bent = [said | {"format": 2}, said | {"device": short}, said | {"user": typed}, said | {"user": {}}]
    for content in [*GARBAGE, b"[" * 90_000, *(json.dumps(one).encode() for one in bent)]:
        refused(NotARequest, "coordinator", partial(devices.look, content=content))
        refused(NotARequest, "coordinator", partial(devices.invite, content=content, role="interviewer", team="A"))


Json = st.recursive(st.none() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    part=st.sampled_from(["format", "device", "user"]),
    name=st.none() | st.sampled_from(["id", "box", "role"]),
    value=Json,
)
def test_a_request_with_anything_in_a_wrong_place_is_answered_or_refused(
    desks: Desks, asked: bytes, part: str, name: str | None, value: Any
) -> None:
    said = json.loads(asked)
    said[part] = value if name is None or part == "format" else {**said[part], name: value}

    with suppress(NotARequest):
        assert len(devices.look(desks["coordinator"], json.dumps(said).encode()).groups) == 6


def test_a_request_cannot_give_itself_what_only_the_coordinator_gives(desks: Desks, asked: bytes) -> None:
    said = json.loads(asked)
    said["device"] |= {"name": "C1", "role": "coordinator", "team": "B", "serials": [1, 999]}
    said["user"] |= {"role": "coordinator", "team": "B"}
    devices.invite(desks["coordinator"], json.dumps(said).encode(), "interviewer", "A")

    (line,) = (line for line in devices.listing(desks["coordinator"]) if line.people == ("王越",))
    assert (line.name, line.role, line.team, line.mine) == ("L2", "interviewer", "A", False)


def test_a_request_that_claims_to_be_somebody_else_is_refused(refused: Refused, desks: Desks, asked: bytes) -> None:
    said = json.loads(asked)
    for part, claim in (
        ("user", {"code": desks["coordinator"].me.code}),
        ("device", {"id": desks["interviewer"].device.id}),
    ):
        content = json.dumps({**said, part: said[part] | claim}).encode()
        refused(NotARequest, "coordinator", partial(devices.invite, content=content, role="coordinator", team="A"))


def test_a_role_or_team_that_does_not_exist_is_refused(refused: Refused, asked: bytes) -> None:
    for role, team in (("boss", "A"), ("", "A"), *(("interviewer", team) for team in ("", "a", "A B", "ABCDE", "Ａ"))):
        refused(Invalid, "coordinator", partial(devices.invite, content=asked, role=role, team=team))


def test_only_a_machine_that_has_the_keys_invites_to_a_team(joins: Joins, asked: bytes) -> None:
    second = joins("孙宁", "coordinator", "A")  # holds no vault key
    before = devices.listing(second)
    with pytest.raises(Invalid):
        devices.invite(second, asked, "interviewer", "A")

    assert devices.listing(second) == before
    assert devices.invite(second, asked, "translator", "A")


def test_what_is_no_invitation_is_refused_and_the_request_stays_open(
    empty: Folder, asked: bytes, desks: Desks, passphrase: str
) -> None:
    box = json.loads(asked)["device"]["box"]
    sealed = [seal_to(box, letter) for letter in (b"{}", b"[]", b"no json", b'{"device":{}}')]
    for content in [*GARBAGE, *(json.dumps({"format": 1, "sealed": b64(one)}).encode() for one in sealed)]:
        with pytest.raises(NotAnInvitation):
            devices.accept(empty, Clock(), content, passphrase)

    assert (empty.state, devices.pending_request(empty, Clock(), passphrase)) == ("requested", asked)


def test_an_invitation_without_the_orders_that_recognise_the_person_is_refused(
    empty: Folder, asked: bytes, desks: Desks, passphrase: str
) -> None:
    content = devices.invite(desks["coordinator"], asked, "interviewer", "A")
    db = empty.open_database(open_slot(empty.slots[0], passphrase)[0], Clock().now())
    with db.reading() as tables:
        pair = machine.recall_self(tables).pair
    db.close()
    letter = json.loads(pair.unseal(unb64(json.loads(content)["sealed"])))
    bent = seal_to(json.loads(asked)["device"]["box"], json.dumps({**letter, "orders": []}).encode())

    with pytest.raises(NotAnInvitation):
        devices.accept(empty, Clock(), json.dumps({"sealed": b64(bent)}).encode(), passphrase)
    assert empty.state == "requested"


def test_an_invitation_to_another_request_is_refused(
    empty: Folder, asked: bytes, desks: Desks, tmp_path: Path, cheap: Cost, passphrase: str
) -> None:
    other = Folder.open(tmp_path / "other machine")
    others = devices.request(other, "周越", passphrase, "interviewer", cheap)
    invitation = devices.invite(desks["coordinator"], others, "interviewer", "A")
    with pytest.raises(NotAnInvitation):
        devices.accept(empty, Clock(), invitation, passphrase)
    with pytest.raises(WrongPassphrase):
        devices.accept(other, Clock(), invitation, "not the right words")
    with pytest.raises(NotEmpty):
        devices.accept(desks["interviewer"].folder, Clock(), invitation, passphrase)
    fresh = Folder.open(tmp_path / "never asked")
    with pytest.raises(NotSetUp):
        devices.accept(fresh, Clock(), invitation, passphrase)
    fresh.close()

    assert (empty.state, other.state) == ("requested", "requested")
    other.close()


def test_a_new_laptop_starts_at_once_with_a_block_of_codes_of_its_own(joins: Joins) -> None:
    second = joins("王越", "interviewer", "A")
    born = f"{Clock().today().year - 12}-01"
    subject = people.register(second, NewChild("小满", "", "A03", "f", born))

    assert (second.device.name, second.device.serials) == ("L2", (101, 199))
    assert people.case(second, subject).case_code == "ZK-A03-101"
    assert checks.check(second).ok


def test_the_same_request_may_be_answered_twice(desks: Desks, empty: Folder, asked: bytes, passphrase: str) -> None:
    devices.invite(desks["coordinator"], asked, "interviewer", "A")
    again = devices.accept(empty, Clock(), devices.invite(desks["coordinator"], asked, "interviewer", "A"), passphrase)

    assert (again.device.name, len(devices.listing(again))) == ("L2", 5)
    again.db.close()


TEAM_A = {"study", "notices", "consent/A", "research/A", "vault/A"}


def test_each_machine_holds_the_keys_of_its_own_drawers(desks: Desks, joins: Joins) -> None:
    held = {role: set(checks.check(desks[role]).digests) for role in ("interviewer", "translator", "sg_lead")}
    second = checks.check(joins("孙宁", "coordinator", "A")).digests.keys()
    team_b = checks.check(joins("王越", "interviewer", "B")).digests.keys()

    assert held == {"interviewer": TEAM_A, "translator": {"study"}, "sg_lead": {"study", "notices"}}
    assert set(checks.check(desks["coordinator"]).digests) >= TEAM_A  # the founder is vault officer
    assert second == TEAM_A - {"vault/A"}
    assert team_b == {"study", "notices", "consent/B", "research/B", "vault/B"}


def test_whoever_lacks_a_key_carries_what_it_cannot_read(
    desks: Desks,
    joins: Joins,
    interview: str,
    words: Callable[[Desk], str],
    changes: Callable[[Desk, str], list[Change]],
    carry: Carry,
) -> None:
    team_b = joins("王越", "interviewer", "B")
    for desk in (desks["translator"], desks["sg_lead"], team_b):
        assert carry(desks["interviewer"], desk).foreign > 0
        assert "小满" not in words(desk)
        assert not {"A03", "consent/A", "research/A"} & {change.drawer for change in changes(desk, "")}
    carry(desks["translator"], desks["coordinator"])
    assert "小满" in words(desks["coordinator"])


def test_the_list_of_devices_says_who_uses_which(desks: Desks) -> None:
    lines = devices.listing(desks["coordinator"])

    assert [(line.name, line.role, line.team, line.people, line.mine) for line in lines] == [
        ("C1", "coordinator", "A", ("陈静",), True),
        ("L1", "interviewer", "A", ("李岚",), False),
        ("S1", "sg_lead", "A", ("赵敏",), False),
        ("T1", "translator", "A", ("Ann",), False),
    ]
