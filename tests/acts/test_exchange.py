from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from fieldkit.acts import answers, backups, checks, exchange, handover, hubs, redactions, removals, stops, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.exchange import HubSaidNo, NoHub, NotRecognised, OutOfReach, SomebodyElseAnswered
from fieldkit.acts.handover import OtherStudy
from fieldkit.acts.hubs import NotACard
from fieldkit.errors import Refusal
from fieldkit.records import canonical, natural_id
from fieldkit.store import gaps, holdings, machine, receipts, replica
from fieldkit.store.gaps import Gap
from sync import block, chain, client
from sync.centre import Centre
from sync.client import Card
from sync.errors import Unreachable
from sync.hub import create_app
from sync.hub_server import listening
from sync.hub_store import HubStore
from sync.replica import Report

Carry = Callable[[Desk, Desk], Report]
Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


@pytest.fixture
def centre(desks: Desks, tmp_path: Path) -> Centre:
    """A hub of the study that was just founded from a pass."""
    told = hubs.read_pass(hubs.write_pass(desks["coordinator"]))
    return hubs.opened(told, f"sqlite:///{tmp_path / 'hub.db'}", "CN", lambda: "2026-05-01T10:00")


@pytest.fixture
def card(centre: Centre) -> Iterator[bytes]:
    """The card of that hub, which answers on a free port."""
    with listening(create_app(centre), "127.0.0.1", 0) as server:
        yield hubs.write_card(Card(centre.study, f"http://127.0.0.1:{server.bind_addr[1]}", centre.key))
    centre.close()


def _said(desk: Desk, interview: str, words: str, editor: str = "editor-1") -> None:
    answers.save(desk, SaveAnswer(interview, "W1", editor, "", words))


def _equal(*desks: Desk) -> bool:
    """Tell whether these machines hold the same in what all of them can read."""
    reports = [checks.check(desk) for desk in desks]
    assert all(report.ok for report in reports), [report.problems for report in reports]
    shared = set.intersection(*(set(report.digests) for report in reports))
    return bool(shared) and all(len({report.digests[drawer] for report in reports}) == 1 for drawer in shared)


def test_single_answers_are_gone_from_hub_and_laptop_and_the_note_beside_them_stays(
    desks: Desks, consented: str, interview: str, centre: Centre, card: bytes, tmp_path: Path
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    gone, stays = "爸爸过年没有回来", "表姐教我写作业"
    _said(laptop, interview, gone)
    answers.save(laptop, SaveAnswer(interview, "W2", "editor-2", "", stays))
    for desk in (laptop, chief):
        exchange.take_card(desk, card)
        exchange.run(desk)
    withdrawals.take_back(chief, consented, [natural_id("answer", interview, "W1")])
    redactions.confirm(chief, consented, chief.today, told_all=True)
    for desk in (chief, laptop, laptop, chief):  # the second time it hands on that it is done
        exchange.run(desk)

    for desk in (laptop, chief):
        with desk.db.reading() as tables:
            assert [row["text"] for row in tables.table("answers").rows] == [stays]
    assert _equal(laptop, chief)
    (told,) = redactions.gone(chief)
    assert len(told.on) == 2
    with laptop.db.reading() as tables:
        key = machine.drawer_key(tables, "research/A")
    assert key is not None
    hub = HubStore(f"sqlite:///{tmp_path / 'hub.db'}")
    names = {stream: [*hub.links(centre.study, stream)] for stream in hub.ends(centre.study)}
    kept = [one for stream, of in names.items() for one in hub.pick(centre.study, stream, of)]
    hub.close()
    opened = b"".join(
        b"".join(block.open_block(one, key[1])) for one in kept if one.payload and one.header.drawer == "research/A"
    )
    assert stays.encode() in opened
    assert gone.encode() not in opened


def test_without_a_card_nothing_is_sent(refused: Refused) -> None:
    assert refused(NoHub, "interviewer coordinator", exchange.run).code == "no_hub"


def test_what_may_be_missing_since_a_restore_is_asked_about_until_the_hub_said_that_all_is_exchanged(
    desks: Desks, card: bytes
) -> None:
    laptop = desks["interviewer"]
    exchange.take_card(laptop, hubs.write_card(Card(laptop.device.study, "http://127.0.0.1:1", "key")))
    with laptop.db.writing() as tables:
        gaps.keep(tables, Gap(laptop.today, 2**40))
    with pytest.raises(OutOfReach):
        exchange.run(laptop)
    assert backups.gap(laptop) is not None

    exchange.take_card(laptop, card)
    assert exchange.run(laptop).done
    assert backups.gap(laptop) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"PK", b'{"format":1,"kind":"hub card","study":1}'])
def test_what_is_no_card_is_refused(refused: Refused, content: bytes) -> None:
    refused(NotACard, "interviewer", partial(exchange.take_card, content=content))


def test_a_card_of_another_study_or_of_no_address_is_refused(refused: Refused) -> None:
    other = canonical({"format": 1, "kind": "hub card", "study": "x", "url": "http://h", "key": "k", "certificate": ""})
    refused(OtherStudy, "interviewer", partial(exchange.take_card, content=other))
    refused(NotACard, "interviewer", partial(exchange.take_card, content=other.replace(b"http://h", b"file:///h")))


def test_a_hub_that_is_not_there_is_told(refused: Refused, desks: Desks) -> None:
    desk = desks["interviewer"]
    gone = Card(desk.device.study, "http://127.0.0.1:1", "key")
    exchange.take_card(desk, hubs.write_card(gone))
    assert refused(OutOfReach, "interviewer", exchange.run).code == "hub_out_of_reach"


def test_another_hub_at_its_address_is_not_the_hub(refused: Refused, desks: Desks, card: bytes) -> None:
    facts = json.loads(card)
    exchange.take_card(desks["interviewer"], canonical({**facts, "key": "A" * 43}))
    assert refused(SomebodyElseAnswered, "interviewer", exchange.run).code == "not_the_hub"


def test_two_laptops_and_a_coordinator_hold_the_same_through_a_hub(desks: Desks, interview: str, card: bytes) -> None:
    laptop, office, lead = desks["interviewer"], desks["coordinator"], desks["sg_lead"]
    _said(laptop, interview, "下雨放学的时候")
    for desk in (laptop, office, lead):
        exchange.take_card(desk, card)
    first = exchange.run(laptop)
    assert first.done
    assert first.sent > 0
    for desk in (office, lead, laptop):
        assert exchange.run(desk).done
    assert _equal(laptop, office)
    assert _equal(laptop, office, lead)
    with office.db.reading() as tables:
        assert tables.execute("SELECT count(*) FROM interviews WHERE id = ?", [interview]).fetchone() == (1,)


def test_what_arrived_is_a_batch_whose_numbers_add_up(desks: Desks, interview: str, card: bytes) -> None:
    laptop, office = desks["interviewer"], desks["coordinator"]
    _said(laptop, interview, "下雨放学的时候")
    for desk in (laptop, office):
        exchange.take_card(desk, card)
        exchange.run(desk)
    (batch,) = handover.batches(office)
    assert batch.report.adds_up()
    assert batch.report.changes_new > 0
    assert batch.source.startswith("http://127.0.0.1")
    exchange.run(office)
    assert len(handover.batches(office)) == 1


def test_the_third_tick_is_the_hubs_receipt_and_only_that(desks: Desks, interview: str, card: bytes) -> None:
    laptop = desks["interviewer"]
    assert exchange.state(laptop) is None
    exchange.take_card(laptop, card)
    _said(laptop, interview, "下雨放学的时候")
    assert exchange.state(laptop) == exchange.HubState(json.loads(card)["url"], None)
    assert handover.state(laptop).verified == 0
    exchange.run(laptop)
    hub, after = exchange.state(laptop), handover.state(laptop)
    assert hub is not None
    assert (hub.last_receipt is not None, after.carried, after.verified) == (True, after.interviews, after.interviews)
    _said(laptop, interview, "还有别的", "editor-2")
    unsealed = handover.state(laptop)
    assert (unsealed.carried, unsealed.verified) == (after.carried - 1, after.verified - 1)


def test_what_went_to_a_stick_only_is_not_verified(desks: Desks, interview: str, card: bytes, tmp_path: Path) -> None:
    laptop = desks["interviewer"]
    exchange.take_card(laptop, card)
    exchange.run(laptop)
    _said(laptop, interview, "还有别的")
    handover.write(laptop, tmp_path / "stick.fieldkit")
    state = handover.state(laptop)
    assert (state.carried, state.verified) == (state.interviews, state.interviews - 1)


def test_a_coordinators_stick_brings_what_the_hub_said_to_whom_never_sees_a_network(
    desks: Desks, interview: str, card: bytes, carry: Carry
) -> None:
    laptop, office = desks["interviewer"], desks["coordinator"]
    _said(laptop, interview, "下雨放学的时候")
    carry(laptop, office)
    exchange.take_card(office, card)
    exchange.run(office)
    carry(office, laptop)
    with laptop.db.reading() as tables:
        hubs_key = {json.loads(card)["key"]}
        assert hubs_key == {one.signer for of in receipts.everything(tables) for one in of.relayed}


def test_a_receipt_kept_by_an_earlier_program_gives_the_ticks_at_the_next_exchange(
    desks: Desks, interview: str, card: bytes
) -> None:
    laptop = desks["interviewer"]
    exchange.take_card(laptop, card)
    exchange.run(laptop)
    with laptop.db.writing() as tables:
        tables.execute("DELETE FROM ticks")
        said = {**receipts.from_hub(tables), "blocks": 3}
        machine.remember(tables, receipts.HUB, canonical(said))
    exchange.run(laptop)
    assert handover.state(laptop).verified == handover.state(laptop).interviews


def test_nothing_new_is_one_round_trip(desks: Desks, card: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = desks["interviewer"]
    exchange.take_card(laptop, card)
    exchange.run(laptop)
    asked: list[str] = []
    ask = client.Line.ask

    def noting(line: client.Line, act: str, content: bytes) -> bytes:
        asked.append(act)
        return ask(line, act, content)

    monkeypatch.setattr(client.Line, "ask", noting)
    assert exchange.run(laptop).done
    assert asked == ["hello"]


def test_after_a_cut_what_was_taken_in_stays_and_the_rest_follows(
    desks: Desks, interview: str, card: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, office = desks["interviewer"], desks["coordinator"]
    _said(laptop, interview, "下雨放学的时候")
    for desk in (laptop, office):
        exchange.take_card(desk, card)
    exchange.run(laptop)
    ask = client.Line.ask

    def cut(line: client.Line, act: str, content: bytes) -> bytes:
        if act == "receipt":
            raise Unreachable("cut")
        return ask(line, act, content)

    with monkeypatch.context() as patched:
        patched.setattr(client.Line, "ask", cut)
        with pytest.raises(OutOfReach):
            exchange.run(office)
    assert exchange.state(office) == exchange.HubState(json.loads(card)["url"], None)
    assert len(handover.batches(office)) == 1
    assert exchange.run(office).done
    assert exchange.run(laptop).done
    assert _equal(laptop, office)


def test_a_child_that_is_gone_stays_gone_also_at_the_hub_and_when_a_late_laptop_comes(
    desks: Desks, consented: str, interview: str, card: bytes, centre: Centre
) -> None:
    laptop, office = desks["interviewer"], desks["coordinator"]
    _said(laptop, interview, "下雨放学的时候")
    withdrawals.withdraw_each(laptop, [consented], requested_by="guardian", relation="mother")
    for desk in (laptop, office, laptop):
        exchange.take_card(desk, card)
        assert exchange.run(desk).done
    removals.confirm(office, consented, office.today, told_all=True)
    assert exchange.run(office).done
    emptied = {
        (stream, name)
        for stream, links in ((one, centre._store.links(centre.study, one)) for one in centre._store.ends(centre.study))
        for name in links
        if centre._store.pick(centre.study, stream, [name])[0].payload is None
    }
    assert emptied
    for desk in (desks["sg_lead"], laptop, desks["sg_lead"], laptop, office, laptop):  # each says that it is done
        exchange.take_card(desk, card)
        assert exchange.run(desk).done
    assert _equal(laptop, office)
    assert len(removals.gone(office)[0].on) == 3
    with laptop.db.reading() as tables:
        kinds = {row[0] for row in tables.execute("SELECT kind FROM changes WHERE subject = ?", [consented])}
    assert kinds == {"consent_event", "tombstone"}


def test_blocks_alone_empty_the_journal_where_an_order_to_erase_waits_for_them(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, emptied = desks["coordinator"], list[str]()
    monkeypatch.setattr(office.db, "leave_no_trace", lambda: emptied.append("journal"))
    here = exchange._Here(office, "the hub")
    here.receive([], [], [])
    assert emptied == []
    for kind in replica.ERASING:
        with office.db.writing() as tables:
            machine.keep_orders(tables, [(kind, kind, canonical({"signer": "nobody", "body": {}}))])
        here.receive([], [], [])
        assert emptied.pop() == "journal"
        with office.db.writing() as tables:
            tables.execute("INSERT INTO erasures VALUES (?)", [kind])
        here.receive([], [], [])
        assert emptied == []


def test_a_device_that_the_orders_do_not_know_is_told(desks: Desks, card: bytes) -> None:
    laptop = desks["interviewer"]
    exchange.take_card(laptop, card)
    with laptop.db.writing() as tables:
        tables.execute("DELETE FROM orders")
    with pytest.raises(NotRecognised):
        exchange.run(laptop)


def test_a_hub_that_fails_is_told(desks: Desks, card: bytes, centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.take_card(desks["interviewer"], card)
    monkeypatch.setitem(centre._acts, "hello", lambda *_: 1 / 0)
    with pytest.raises(HubSaidNo) as told:
        exchange.run(desks["interviewer"])
    assert told.value.details == {"why": "hub_failed"}


def test_a_stop_that_waits_is_done_before_anything_leaves(
    desks: Desks, card: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[bool] = []
    monkeypatch.setattr(stops, "finish_due", lambda desk, *, all_of_them=False: done.append(all_of_them))
    exchange.take_card(desks["interviewer"], card)
    exchange.run(desks["interviewer"])
    assert done == [True]


def test_ends_are_what_the_headers_say(desks: Desks, card: bytes) -> None:
    laptop = desks["interviewer"]
    exchange.take_card(laptop, card)
    exchange.run(laptop)
    with laptop.db.reading() as tables:
        links = {row[0]: holdings.links(tables, row[0]) for row in tables.execute("SELECT DISTINCT stream FROM blocks")}
        assert holdings.ends(tables) == {stream: chain.ends(links, stream) for stream in links}
        assert machine.recall(tables, receipts.HUB)
