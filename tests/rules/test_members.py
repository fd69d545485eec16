"""Who belongs to the study: trust starts at one key, and neither order of arrival nor nonsense changes it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.rules.members import COORDINATOR, INTERVIEWER, LEAD, TRANSLATOR, Machine, Member, may_read, members
from fieldkit.rules.orders import Said

ROOT = "founder's key"


def user(signer: str, code: str, role: str = INTERVIEWER, team: str = "A", device: str = "L1", **more: Any) -> Said:
    body = {"code": code, "name": "李岚", "role": role, "team": team, "device": device, "verify": f"{code}'s key"}
    return Said("user", signer, {**body, "box": "box", **more})


def device(signer: str, id_: str, team: str = "A", **more: Any) -> Said:
    body = {"id": id_, "name": "旧电脑", "role": INTERVIEWER, "team": team, "verify": f"{id_}'s key", "box": "box"}
    return Said("device", signer, {**body, "serials": [1, 20], **more})


CHEN = user(ROOT, "C1", COORDINATOR)
LAPTOP = device("C1's key", "L1")
LI = user("C1's key", "I1")


@pytest.mark.parametrize(
    "order",
    [
        user("a stranger's key", "X1"),
        user("a stranger's key", "X1", COORDINATOR),
        device("a stranger's key", "X1"),
        user("I1's key", "X1"),
        user("L1's key", "X1", COORDINATOR),
        user("L1's key", "X1", TRANSLATOR),
        user("L1's key", "X1", LEAD),
        user("L1's key", "X1", team="B"),
        user("L1's key", "X1", device="L2"),
        device("L1's key", "X1"),
        device("I1's key", "X1"),
        Said("role", ROOT, user(ROOT, "X1").body),
    ],
)
def test_an_order_of_somebody_who_may_not_give_it_enrols_nobody(order: Said) -> None:
    found = members([CHEN, LAPTOP, LI, order], ROOT)

    assert set(found.users) == {"C1", "I1"}
    assert set(found.devices) == {"L1"}


@pytest.mark.parametrize("kind", ["user", "device"])
@pytest.mark.parametrize("signer", ["a stranger's key", "C1's key", ROOT])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": INTERVIEWER},
        {**LAPTOP.body, "role": None},
        {**LAPTOP.body, "id": 7, "code": 7},
        {**LAPTOP.body, "serials": 3},
        {**LAPTOP.body, "serials": [1]},
        {**LAPTOP.body, "serials": ["1", "20"]},
    ],
)
def test_an_order_that_lacks_what_it_needs_locks_nobody_out(kind: str, signer: str, body: dict[str, Any]) -> None:
    """Anybody can sign an order and put it on a stick; once kept, it is read at every start."""
    assert members([CHEN, Said(kind, signer, body), LI], ROOT) == members([CHEN, LI], ROOT)


def test_the_founder_enrols_a_coordinator_who_enrols_the_rest() -> None:
    found = members([CHEN, LAPTOP, LI, user("C1's key", "T1", TRANSLATOR), user("C1's key", "S1", LEAD)], ROOT)

    assert found.users["I1"] == Member("I1", "李岚", INTERVIEWER, "A", "L1", "I1's key", "box")
    assert found.devices["L1"] == Machine("L1", "旧电脑", INTERVIEWER, "A", "L1's key", "box", (1, 20))
    assert [lead.code for lead in found.leads()] == ["S1"]


def test_a_laptop_vouches_for_a_second_interviewer_of_its_own_team() -> None:
    assert "I2" in members([CHEN, LAPTOP, user("L1's key", "I2")], ROOT).users


def test_without_orders_there_is_nobody() -> None:
    assert members([], ROOT) == members([user("C1's key", "I1")], ROOT)


def test_what_a_later_version_added_to_an_order_is_passed_over() -> None:
    assert members([CHEN, user(ROOT, "I1", hat="straw")], ROOT).users["I1"].name == "李岚"


def test_the_founders_own_order_counts_before_anybody_elses_for_the_same_code() -> None:
    early = device(ROOT, "A1")
    other = user("A1's key", "I1", device="A1", name="AAA")

    assert members([early, other, user(ROOT, "I1", name="zzz")], ROOT).users["I1"].name == "zzz"


@settings(max_examples=100, deadline=None)
@given(
    st.permutations(
        [
            *(CHEN, LAPTOP, LI, user("C1's key", "C2", COORDINATOR), user("C2's key", "C3", COORDINATOR)),
            *(user("C2's key", "I2", name="王某"), user("C3's key", "I2", name="张某"), user("L1's key", "I2")),
            *(device("C2's key", "L2"), device("C3's key", "L2", team="B"), user("L2's key", "I3", device="L2")),
            *(user("C1's key", "C9", COORDINATOR), user("C9's key", "C0", COORDINATOR), user("C0's key", "I9")),
            *(user("a stranger's key", "I2"), Said("user", ROOT, {})),
        ]
    ),
    st.integers(0, 12),
)
def test_the_order_of_arrival_changes_nothing(orders: list[Said], twice: int) -> None:
    """Two orders for one code: every machine takes the same."""
    found, expected = members([*orders, *orders[:twice]], ROOT), members(sorted(orders, key=repr), ROOT)

    assert found == expected
    assert set(found.users) >= {"C1", "C2", "C3", "I1", "I2", "I9"}


def box(signer: str, code: str, new: str, replaces: str) -> Said:
    return Said(
        "box", signer, {"code": code, "box": new * 43, "replaces": replaces if replaces == "box" else replaces * 43}
    )


@pytest.mark.parametrize(
    "order",
    [
        box("a stranger's key", "I1", "a", "box"),
        box("C1's key", "I1", "a", "box"),
        box(ROOT, "I1", "a", "box"),
        box("L1's key", "I1", "a", "box"),
        box("I1's key", "C1", "a", "box"),
        box("I1's key", "I1", "a", "z"),
        Said("box", "I1's key", {"code": "I1", "box": "no key", "replaces": "box"}),
        Said("box", "I1's key", {"code": "I1", "box": 7, "replaces": "box"}),
        Said("box", "I1's key", {"code": "I1"}),
        Said("box", "I1's key", {}),
    ],
)
def test_only_a_person_replaces_their_own_box_key_and_only_by_a_key(order: Said) -> None:
    assert members([CHEN, LAPTOP, LI, order], ROOT) == members([CHEN, LAPTOP, LI], ROOT)


CHAIN = [box("I1's key", "I1", "b", "box"), box("I1's key", "I1", "c", "b"), box("I1's key", "I1", "d", "b")]
BACK = [box("I1's key", "I1", "b", "c"), Said("box", "I1's key", {"code": "I1", "box": "c" * 43, "replaces": "c" * 43})]


@given(st.permutations([CHEN, LAPTOP, LI, *CHAIN, *BACK]))
@settings(deadline=None)
def test_the_newest_box_key_is_the_end_of_the_chain_in_any_order_of_arrival(orders: list[Said]) -> None:
    """Of two that replace the same one the lesser in bytes counts; a chain that bites its tail ends."""
    assert members(orders, ROOT).users["I1"].box == "c" * 43


@pytest.mark.parametrize("drawer", ["consent", "research", "vault"])
def test_a_team_reads_its_own_drawers_only(drawer: str) -> None:
    assert may_read("interviewer", "A", f"{drawer}/A")
    assert not may_read("interviewer", "A", f"{drawer}/B")
    assert may_read("coordinator", "A", f"{drawer}/B") == (drawer != "vault")
    assert not any(may_read(role, "A", f"{drawer}/A") for role in ("translator", "sg_lead"))
