from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from sync import client, receipts, wire
from sync.canonical import new_id
from sync.client import Card, Identity, Outcome, Progress
from sync.errors import ForeignStudy, NotTheHub, Refused, SyncError, Unreachable
from sync.hub_server import listening

Make = Callable[..., Any]


def _answers(content: bytes, status: int = 200) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=content))


@pytest.mark.parametrize("status", [200, 302, 403, 511])
@pytest.mark.parametrize("content", [b"", b"<html>Log in to the Wi-Fi</html>", b'{"equal":true}', b'{"format":1}\n'])
def test_a_login_page_is_not_the_hub(station: Any, laptop: Make, content: bytes, status: int) -> None:
    with pytest.raises(NotTheHub):
        station.sync(laptop("L1"), transport=_answers(content, status))


def test_another_hub_is_not_the_hub(station: Any, laptop: Make) -> None:
    card = replace(station.card(), key=wire.new_request())
    me, way = Identity("L1", laptop("L1").signer), httpx.WSGITransport(station.app)
    with client.line(card, me, way) as line, pytest.raises(NotTheHub):
        client.exchange(line, laptop("L1"))


def test_an_old_answer_is_not_the_hub(station: Any, laptop: Make) -> None:
    one, answers = laptop("L1"), []
    kept = station.sync(one).receipt

    def noting(request: httpx.Request) -> httpx.Response:
        answers.append(station.centre.answer("hello", request.read())[1])
        return httpx.Response(200, content=answers[0])

    assert station.sync(one, kept, httpx.MockTransport(noting)).done
    with pytest.raises(NotTheHub):
        station.sync(one, kept, httpx.MockTransport(noting))


def test_a_hub_that_is_not_there_is_unreachable(station: Any, laptop: Make) -> None:
    for url in ("http://127.0.0.1:1", "http://", "hub"):
        with pytest.raises(Unreachable):
            _over(station.card(url), laptop("L1"))


def test_a_stranger_is_told_so_and_leaves_nothing(station: Any, laptop: Make) -> None:
    stranger = laptop("L9", enrolled=False)
    stranger.write("research/A", '{"n":1}')
    with pytest.raises(Refused) as refused:
        station.sync(stranger)
    assert refused.value.why == "unknown_device"
    assert station.store.order_ids("study-1") == []
    assert station.payloads() == {}


def test_another_study_is_told_so(station: Any, laptop: Make) -> None:
    with (
        client.line(
            replace(station.card(), study="study-2"),
            Identity("L1", laptop("L1").signer),
            httpx.WSGITransport(station.app),
        ) as line,
        pytest.raises(ForeignStudy),
    ):
        client.exchange(line, laptop("L1"))


def test_a_laptop_that_is_new_is_known_by_the_orders_that_it_brings(station: Any, laptop: Make) -> None:
    one = laptop("L1")
    one.write("research/A", '{"n":1}')
    done = station.sync(one)
    assert done.done
    assert (done.progress.sent, done.progress.to_send, done.aside) == (1, 1, {})
    assert station.payloads() == one.payloads()


def test_two_laptops_and_a_coordinator_hold_the_same_at_the_end(station: Any, laptop: Make) -> None:
    everybody = [laptop("L1"), laptop("L2"), laptop("C1", "coordinator")]
    for one in everybody:
        for number in range(5):
            one.write("research/A", f'{{"{one.device}":{number}}}')
            one.write("consent/A", f'{{"{one.device}":{number}}}')
    for _ in range(2):
        for one in everybody:
            assert station.sync(one).done
    assert len({one.opening() for one in everybody}) == 1
    assert all(one.payloads() == station.payloads() for one in everybody)
    assert len(station.payloads()) == 30


def test_a_branch_is_kept_and_handed_on(station: Any, laptop: Make) -> None:
    one, other = laptop("L1"), laptop("L2")
    first = one.write("research/A", '{"n":1}')
    one.write("research/A", '{"n":2}')
    assert station.sync(one).done
    one.write("research/A", '{"n":"2, restored"}', at=first.hash)
    assert station.sync(one).done
    assert station.sync(other).done
    assert other.payloads() == one.payloads() == station.payloads()


def test_nothing_new_costs_one_round_trip_under_one_kilobyte(station: Any, laptop: Make) -> None:
    one = laptop("L1")
    for number in range(40):
        one.write("research/A", f'{{"n":{number}}}')
    receipt = station.sync(one).receipt
    talked: list[int] = []

    def counting(request: httpx.Request) -> httpx.Response:
        content = station.centre.answer(request.url.path.rpartition("/")[2], request.read())[1]
        head = sum(len(name) + len(value) + 4 for name, value in request.headers.raw)
        talked.append(len(request.read()) + head + len(content) + 200)
        return httpx.Response(200, content=content)

    assert station.sync(one, receipt, httpx.MockTransport(counting)).done
    assert len(talked) == 1
    assert talked[0] < 1024


def test_a_sync_after_a_full_one_sends_nothing(station: Any, laptop: Make) -> None:
    one = laptop("L1")
    one.write("research/A", '{"n":1}')
    first = station.sync(one)
    again = station.sync(one, first.receipt)
    assert (again.progress.to_send, again.progress.received, again.orders_sent) == (0, 0, 0)
    assert again.done
    assert again.receipt == first.receipt


def test_done_is_said_only_with_the_receipt_of_all(station: Any, laptop: Make) -> None:
    one = laptop("L1")
    one.write("research/A", '{"n":1}')
    receipt = station.sync(one).receipt
    one.write("research/A", '{"n":2}')
    with client.line(station.card(), Identity("L1", one.signer), httpx.WSGITransport(station.app)) as line:
        line.ask_for("compare", b'{"orders":[],"streams":{}}')
        assert not client.covers(receipt, line, one)
        assert not client.covers(None, line, one)
        assert client.covers(station.sync(one).receipt, line, one)


def test_a_forged_receipt_is_not_the_hub(station: Any, laptop: Make) -> None:
    said = station.sync(laptop("L1")).receipt
    receipts.check(said, station.centre.key)
    with pytest.raises(SyncError):
        receipts.check({**said, "epoch": "epoch-2"}, station.centre.key)


def test_erasures_come_first_and_the_words_are_gone(station: Any, laptop: Make) -> None:
    one, other = laptop("L1"), laptop("L2")
    gone = one.write("research/A", '{"n":1}', "river")
    one.write("research/A", '{"n":2}', "river")
    station.sync(one)
    station.sync(other)
    one.erase(gone.hash)
    station.sync(one)
    assert station.payloads()[gone.hash] is None
    assert station.sync(other).done
    assert other.payloads() == one.payloads() == station.payloads()


def test_an_order_written_because_of_what_came_goes_before_its_own_blocks(
    station: Any, laptop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = laptop("L1"), laptop("L2")
    mine = one.write("research/A", '{"n":"written with what the other takes back"}')
    other.write("research/A", '{"n":1}')
    station.sync(other)
    receive = one.receive

    def receive_and_erase(found: Any, streams: Any, brought: Any) -> Any:
        report = receive(found, streams, brought)
        if brought:
            one.erase(mine.hash)
            one.receive = receive
            receive([], [], [])
        return report

    monkeypatch.setattr(one, "receive", receive_and_erase)
    outcome = station.sync(one)

    assert (outcome.aside, outcome.done) == ({}, True)
    assert station.payloads()[mine.hash] is None


def test_a_child_that_is_erased_stays_gone_also_when_a_late_laptop_comes(station: Any, laptop: Make) -> None:
    one, late, centre = laptop("L1"), laptop("L2"), laptop("C1", "coordinator")
    for laptop_ in (one, late):
        laptop_.write("research/A", f'{{"of":"{laptop_.device}"}}', "river")
        laptop_.write("research/A", f'{{"of":"{laptop_.device}"}}', "cloud")
    station.sync(one)
    centre.erase_child("research/A", "river")
    for laptop_ in (centre, late, one, centre, late):
        assert station.sync(laptop_).done
    gone = [name for name, block in one.held.items() if block.header.alias == "river"]
    assert len(gone) == 2
    assert all(station.payloads()[name] is None for name in gone)
    assert sum(payload is None for payload in station.payloads().values()) == 2
    assert one.payloads() == late.payloads() == centre.payloads() == station.payloads()


def test_who_may_not_erase_a_child_erases_nothing(station: Any, laptop: Make) -> None:
    one, other = laptop("L1"), laptop("L2")
    one.write("research/A", '{"n":1}', "river")
    station.sync(one)
    other.erase_child("research/A", "river", other.signer)
    other.erase(*one.held)
    assert station.sync(other).done
    assert None not in station.payloads().values()


def test_a_restored_hub_hands_out_nothing_until_a_coordinator_came(station: Any, laptop: Make) -> None:
    one, other, centre = laptop("L1"), laptop("L2"), laptop("C1", "coordinator")
    one.write("research/A", '{"n":1}')
    for laptop_ in (one, centre):
        station.sync(laptop_)
    station.restore("epoch-2")
    waits = station.sync(other)
    assert (waits.restored, waits.epoch) == (True, "epoch-2")
    assert other.held == {}
    assert not station.sync(centre).restored
    assert station.sync(other).done
    assert other.payloads() == one.payloads()


def test_a_receipt_of_an_earlier_epoch_is_void(stations: Make, laptop: Make) -> None:
    station, one = stations(), laptop("L1")
    one.write("research/A", '{"n":1}')
    old = station.sync(one).receipt
    station.restore("epoch-2")
    new = station.sync(one, old)
    assert new.done
    assert (old["epoch"], new.receipt["epoch"]) == ("epoch-1", "epoch-2")


def test_a_long_block_travels_alone_and_small_ones_together(stations: Make, laptop: Make) -> None:
    station, one = stations(), laptop("L1")
    heard: list[Progress] = []
    for number in range(30):
        one.write("research/A", f'{{"n":{number}}}')
    for number in range(3):
        one.write("vault/A", f'{{"n":"{new_id(90_000)}{number}"}}')
    done = station.sync(one, tell=heard.append)
    assert done.done
    assert [progress.sent for progress in heard] == sorted(progress.sent for progress in heard)
    assert (heard[0].sent, heard[0].to_send, heard[-1].sent) == (0, 33, 33)
    assert len(heard) > 2


@pytest.mark.parametrize(("at_once", "commits"), [(1, 6), (512 * 1024, 2)])
def test_many_pieces_come_back_in_chain_order(
    stations: Make, laptop: Make, monkeypatch: pytest.MonkeyPatch, at_once: int, commits: int
) -> None:
    monkeypatch.setattr(client, "AT_ONCE", at_once)
    monkeypatch.setattr(client, "LONGEST_WAIT", 3600.0)
    station, one, other = stations(), laptop("L1"), laptop("L2")
    for number in range(12):
        one.write(f"vault/{number % 3}", f'{{"n":"{new_id(90_000)}{number}"}}')
    station.sync(one)
    done = station.sync(other)
    assert len(done.reports) == commits
    assert sum(report.new for report in done.reports) == 12
    assert all(report.adds_up() for report in done.reports)
    assert other.payloads() == one.payloads()


def test_a_line_that_breaks_takes_nothing_along_of_what_had_come(
    stations: Make, laptop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LONGEST_WAIT", 3600.0)
    station, one, other = stations(), laptop("L1"), laptop("L2")
    for number in range(6):
        one.write("vault/A", f'{{"n":"{new_id(90_000)}{number}"}}')
    station.sync(one)
    asked = [0]

    def counted(request: httpx.Request) -> httpx.Response:
        asked[0] += request.url.path.endswith("/pull")
        if asked[0] > 2:  # the orders came, and a first piece of blocks
            raise httpx.ReadError("cut")
        said = station.centre.answer(request.url.path.rpartition("/")[2], request.read())[1]
        return httpx.Response(200, content=said)

    with pytest.raises(Unreachable):
        station.sync(other, transport=httpx.MockTransport(counted))
    assert 0 < len(other.held) < len(one.held)


@pytest.mark.parametrize(("first", "later"), [("consent/A", "research/A"), ("research/A", "consent/A")])
def test_a_stream_that_stands_on_others_waits_for_them_once_its_drawer_is_known(
    station: Any, laptop: Make, first: str, later: str
) -> None:
    one, other = laptop("L1"), laptop("L2")
    other.later = later
    for drawer in (first, later) * 3:
        one.write(drawer, f'{{"n":"{new_id(150_000)}"}}')
    station.sync(one)

    assert station.sync(other).done
    assert other.arrived[-2:] == [later, later]
    assert other.held.keys() == one.held.keys()


@pytest.mark.parametrize("arrives", [True, False])
def test_after_a_cut_at_any_message_the_same_call_goes_on(stations: Make, laptop: Make, arrives: bool) -> None:
    for after in range(12):
        station, one, other = stations(), laptop("L1"), laptop("L2")
        one.write("research/A", '{"n":1}')
        other.write("vault/B", f'{{"n":"{new_id(90_000)}"}}')
        other.write("vault/B", f'{{"n":"{new_id(90_000)}"}}')
        station.sync(other)
        try:
            done = station.sync(one, transport=station.breaking(after, arrives=arrives))
        except Unreachable:
            done = station.sync(one)
        assert done.done
        assert one.payloads() == station.payloads()


@contextmanager
def _narrow(port: int, most: int) -> Iterator[int]:
    """Yield the port of a proxy that passes *most* bytes, both ways together, and then hangs up for good."""
    left = [most]

    class Pass(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as far:
                back = Thread(target=self._copy, args=(far, self.request), daemon=True)
                back.start()
                self._copy(self.request, far)
                back.join()

        def _copy(self, source: socket.socket, target: socket.socket) -> None:
            try:
                while some := source.recv(4096):
                    passed, left[0] = some[: max(left[0], 0)], left[0] - len(some)
                    target.sendall(passed)
                    if left[0] <= 0:
                        break
            except OSError:
                left[0] = 0
            for end in (source, target):
                _shut(end)

    with ThreadingTCPServer(("127.0.0.1", 0), Pass) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _over(card: Card, laptop: Any) -> Outcome:
    with client.line(card, Identity(laptop.device, laptop.signer)) as line:
        return client.exchange(line, laptop)


def test_a_cut_at_any_byte_loses_nothing(stations: Make, laptop: Make) -> None:
    for percent in range(0, 100, 4):
        station, one, other = stations(), laptop("L1"), laptop("L2")
        one.write("research/A", '{"n":1}')
        other.write("vault/B", f'{{"n":"{new_id(600)}"}}')
        station.sync(other)
        with listening(station.app, "127.0.0.1", 0) as server:
            port = server.bind_addr[1]
            with _narrow(port, 90 * percent) as narrow, pytest.raises(Unreachable):
                _over(station.card(f"http://127.0.0.1:{narrow}"), one)
            assert set(station.payloads()) >= set(other.held)
            assert _over(station.card(f"http://127.0.0.1:{port}"), one).done
        assert one.payloads() == station.payloads()


def test_two_clients_at_once_bring_each_block_once(station: Any, laptop: Make) -> None:
    one = laptop("L1")
    for number in range(60):
        one.write(f"research/{number % 4}", f'{{"n":"{new_id(6_000)}"}}')
    twins = [one]
    for device in ("L2", "L3", "L4"):
        twin = laptop(device)
        twin.held, twin.held_streams = dict(one.held), dict(one.held_streams)
        twin.held_orders |= one.held_orders
        twins.append(twin)
    done: list[Outcome] = []
    with listening(station.app, "127.0.0.1", 0) as server:
        card = station.card(f"http://127.0.0.1:{server.bind_addr[1]}")
        threads = [Thread(target=lambda twin=twin: done.append(_over(card, twin))) for twin in twins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [outcome.aside for outcome in done] == [{}] * 4
        assert all(_over(card, twin).done for twin in twins)
    assert station.payloads() == one.payloads()
    assert len({twin.opening() for twin in twins}) == 1


def test_a_hub_with_its_own_certificate_is_reached_by_the_card(
    stations: Make, laptop: Make, certificate: tuple[Path, Path]
) -> None:
    station, one = stations(), laptop("L1")
    with listening(station.app, "127.0.0.1", 0, certificate) as server:
        card = station.card(f"https://127.0.0.1:{server.bind_addr[1]}")
        with pytest.raises(Unreachable):
            _over(card, one)
        assert _over(replace(card, certificate=certificate[0].read_text()), one).done


def test_what_the_hub_keeps_apart_is_told(stations: Make, laptop: Make) -> None:
    station, one, stranger = stations(), laptop("L1"), laptop("L9", enrolled=False)
    stranger.write("research/A", '{"n":1}')
    one.held, one.held_streams = dict(stranger.held), dict(stranger.held_streams)
    told = station.sync(one)
    assert (set(told.aside), told.done) == ({"quarantine"}, False)
    one.held_orders |= laptop("L9").held_orders
    assert station.sync(one).done


@pytest.mark.parametrize("act", ["hello", "compare", "push", "pull", "receipt"])
def test_whatever_the_hub_signs_is_taken_or_refused_and_nothing_forged_is_kept(
    act: str, stations: Make, laptop: Make, mutants: Callable[..., Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that is broken, or of a later version: what it says is a mutant of a right word, and well signed."""
    station, one, other = stations(), laptop("L1"), laptop("L2")
    other.write("research/A", '{"n":2}', "cloud")
    station.sync(other)
    made = one.write("research/A", '{"n":1}', "river")
    written = {**one.payloads(), **other.payloads()}
    right, words = station.centre._acts[act], Random(f"mutants {act}")
    outcomes, payloads = Counter[bool](), dict[str, bytes | None]()

    def wrong(device: Any, message: Any) -> bytes:
        return next(mutants(right(device, message), 1, words.randrange(2**32)))

    monkeypatch.setitem(station.centre._acts, act, wrong)
    for number in range(50):
        here = laptop("L1")
        here.held, here.held_streams = {made.hash: made}, dict(one.held_streams)
        here.write(f"research/{number}", "{}")
        payloads |= here.payloads()
        try:
            station.sync(here)
            outcomes[True] += 1
        except SyncError:
            outcomes[False] += 1
        assert here.payloads().items() <= {**written, **payloads}.items()
    assert outcomes[False]
