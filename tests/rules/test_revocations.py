"""Who was taken out, and what of theirs counts: the vectors, written without this program, in any order of arrival."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.rules.members import Members, members
from fieldkit.rules.orders import Said
from fieldkit.store.keys import b64

STORE = Path(__file__).parents[1] / "store"
VECTORS: dict[str, Any] = json.loads((STORE / "vectors.json").read_text("utf-8"))["revocations"]
CASES: list[dict[str, Any]] = VECTORS["cases"]


def said(name: str) -> Said:
    content = VECTORS["order"][name]
    order = json.loads(content)
    id_ = b64(blake2b(content.encode(), digest_size=32).digest())
    return Said(order["kind"], order["signer"], order["body"], id_)


def gone(found: Members) -> dict[str, dict[str, Any]]:
    return {
        device: {
            "streams": {stream: sorted(ends) for stream, ends in one.streams.items()},
            "orders": sorted(one.orders),
        }
        for device, one in found.gone.items()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: ", ".join(case["orders"][9:]) or "nobody")
def test_who_is_gone_and_which_orders_count(case: dict[str, Any]) -> None:
    found = members(map(said, case["orders"]), VECTORS["root"])
    void = [name for name in case["orders"] if not found.counts(said(name).id, said(name).signer)]

    assert gone(found) == case["gone"]
    assert void == case["void"]


@settings(max_examples=60)
@given(case=st.sampled_from(CASES), data=st.data())
def test_the_order_in_which_they_arrived_decides_nothing(case: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.permutations(case["orders"]))
    twice = data.draw(st.lists(st.sampled_from(names), max_size=3))

    assert gone(members(map(said, [*names, *twice]), VECTORS["root"])) == case["gone"]


def test_whoever_was_taken_out_is_no_reader_of_safeguarding_records_and_reads_no_new_drawer() -> None:
    found = members(map(said, CASES[2]["orders"]), VECTORS["root"])

    assert found.reads("L1", "research/A")  # what it could read: those keys are changed
    assert not found.reads("L1", "research/B")
    assert not any(user.device in found.gone for user in found.leads())
