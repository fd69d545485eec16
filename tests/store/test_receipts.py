from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.clock import Clock
from fieldkit.store import holdings, log, machine, receipts, replica
from fieldkit.store.database import Database, Tables
from fieldkit.store.log import Draft, Pen
from sync import receipts as signed
from sync.canonical import encode
from sync.receipts import Receipt

Trio = dict[str, Database]
Make = Callable[[Database, str, int], bytes]


@pytest.fixture
def made(trio: Trio) -> Make:
    """Let machine *name* sign, under a number, that it holds block *block* of stream `s`."""

    def _made(store: Database, block: str, number: int) -> bytes:
        with store.reading() as tables:
            me = machine.recall_self(tables)
        facts = {"format": 1, "study": me.study, "hub": me.pair.public["verify"], "orders": "", "number": number}
        return encode(signed.sign({**facts, "streams": {"s": [[1, block]]}}, me.pair.signer))

    return _made


def _known(tables: Tables) -> list[Receipt]:
    return [signed.parse(content) for content in receipts.known(tables)]


def test_what_no_coordinators_computer_signed_is_not_kept(trio: Trio, made: Make) -> None:
    with trio["L1"].writing() as tables:
        assert receipts.witness(tables, [made(trio["L2"], "b", 1), made(trio["L1"], "b", 2)]) == 2
        assert (receipts.known(tables), receipts.everything(tables)) == ([], [])


def test_a_laptop_signs_nothing(trio: Trio) -> None:
    with trio["L1"].writing() as tables:
        receipts.sign(tables, 1000)
        assert receipts.known(tables) == []


def test_a_coordinators_computer_signs_all_that_it_holds_under_a_growing_number(trio: Trio) -> None:
    with trio["C1"].writing() as tables:
        log.append(tables, Pen("chen", "C1", "A", Clock()), Draft("site", {"code": "B07"}))
        replica.seal(tables)
        for at, number in ((1000, 1000), (900, 1001), (2000, 2000)):
            receipts.sign(tables, at)
            (one,) = _known(tables)
            assert (one.number, one.streams, one.relayed) == (number, holdings.ends(tables), [])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_the_newest_of_a_signer_is_kept_in_whatever_order_they_come(trio: Trio, made: Make, numbers: list[int]) -> None:
    with trio["L1"].writing() as tables:
        tables.execute("DELETE FROM receipts")
        assert receipts.witness(tables, [made(trio["C1"], str(number), number) for number in numbers]) == 0
        assert [one.streams for one in _known(tables)] == [{"s": [(1, str(max(numbers)))]}]


def test_what_the_hub_said_is_passed_on_and_counts_there(trio: Trio, made: Make) -> None:
    with trio["C1"].writing() as tables:
        said = signed.parse(made(trio["L2"], "h", 0))  # any key: whom a coordinator's computer takes for its hub
        assert receipts.keep_from_hub(tables, "2026-05-01T10:00", _facts(said))
        assert not receipts.keep_from_hub(tables, "2026-05-02T10:00", _facts(said))
        receipts.sign(tables, 1000)
        stick = receipts.known(tables)
    with trio["L1"].writing() as tables:
        assert receipts.witness(tables, stick) == 0
        assert [one.content for one in receipts.everything(tables)] == [*stick, said.content]


def _facts(one: Receipt) -> dict[str, object]:
    return dict(json.loads(one.content))
