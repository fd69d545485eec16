from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import blake2b
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.acts import answers, checks, handover, people, revocations, stops, studies, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import NewerBundle, NoSuchPlace, NotThisFile, OtherStudy
from fieldkit.acts.stops import ChoiceWaits
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull, Occupied, Refusal
from fieldkit.records import canonical
from fieldkit.store import holdings
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost
from sync import frames, receipts
from sync.bundle import write_frames
from sync.canonical import encode
from sync.frames import Writer
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
ALL = "interviewer coordinator translator sg_lead"


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """A disk that is full: what goes beyond *size* is refused by the system, as it is on a full stick."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def bundle(desks: Desks, interview: str, tmp_path: Path) -> Path:
    """What the interviewer brings home."""
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))
    return handover.write(desks["interviewer"], tmp_path / "stick.fieldkit").path


def head(**facts: object) -> bytes:
    content = canonical(facts)
    start = b"H" + len(content).to_bytes(4, "big") + content
    return frames.MAGIC + start + blake2b(start, digest_size=16).digest()


def test_what_is_no_bundle_is_refused(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    refused(NotThisFile, "coordinator", partial(handover.read, path=tmp_path))
    for content in (b"", b"PK\x03\x04", b"\xff\xd8\xff\xe0" * 99, frames.MAGIC[:-1]):
        path.write_bytes(content)
        assert refused(NotThisFile, ALL, partial(handover.read, path=path)).code == "not_a_bundle"


def test_a_bundle_of_another_study_is_refused(refused: Refused, tmp_path: Path, cheap: Cost, passphrase: str) -> None:
    other = studies.found(Folder.open(tmp_path / "other"), Clock(), "周越", passphrase, cheap)
    path = handover.write(other, tmp_path / "other.fieldkit").path
    other.db.close()
    other.folder.close()

    assert refused(OtherStudy, "coordinator", lambda desk: handover.read(desk, path)).code == "other_study"


def test_a_bundle_of_a_later_version_is_refused(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "later.fieldkit"
    path.write_bytes(head(format=99, study="whichever"))

    assert refused(NewerBundle, "coordinator", lambda desk: handover.read(desk, path)).code == "newer_bundle"


def test_a_bundle_is_not_written_over_something_else(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    told = refused(Occupied, "interviewer", lambda desk: handover.write(desk, tmp_path / "photo.jpg"))
    assert "photo.jpg" in told.sentence("zh_CN")
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8\xff"


def test_a_place_that_cannot_be_reached_is_told(refused: Refused, desks: Desks, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"x")
    for path in (tmp_path / "no stick" / "x", tmp_path / "a file" / "x"):
        told = refused(NoSuchPlace, "coordinator", partial(handover.write, path=path))
        assert (told.code, told.details["path"]) == ("no_such_place", path)
        refused(NoSuchPlace, "coordinator", partial(handover.read, path=path))
    assert handover.state(desks["coordinator"]).last_written is None


def test_a_full_stick_keeps_nothing_half_written(desks: Desks, bundle: Path) -> None:
    before = bundle.read_bytes()
    with no_file_longer_than(len(before) // 2), pytest.raises(DiskFull):
        handover.write(desks["interviewer"], bundle)

    assert bundle.read_bytes() == before
    assert [path.name for path in bundle.parent.iterdir() if path.is_file()] == [bundle.name]
    assert handover.write(desks["interviewer"], bundle).bytes == len(before)


def test_a_full_disk_takes_in_nothing_of_a_bundle(desks: Desks, bundle: Path, kept: Callable[[Desk], object]) -> None:
    desk = desks["coordinator"]
    before = kept(desk)
    with no_file_longer_than(4096), pytest.raises(DiskFull):
        handover.read(desk, bundle)

    assert (kept(desk), handover.batches(desk)) == (before, [])
    assert handover.read(desk, bundle).new > 0


def test_a_power_cut_before_the_writing_leaves_no_file(
    desks: Desks, interview: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr("sync.bundle.Writer.end", cut)
        with pytest.raises(Refusal):
            handover.write(desks["interviewer"], tmp_path / "x.fieldkit")
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def test_what_one_machine_wrote_another_reads(desks: Desks, bundle: Path, consented: str) -> None:
    report = handover.read(desks["coordinator"], bundle)

    assert report.adds_up()
    assert (report.new > 0, report.parked, report.damaged, report.gaps, report.torn) == (True, 0, 0, 0, False)
    assert report.changes == report.changes_new > 0
    (seen,) = people.listing(desks["coordinator"])
    assert (seen.id, seen.interviews[0].answered) == (consented, 1)


def test_reading_twice_changes_nothing(desks: Desks, bundle: Path) -> None:
    handover.read(desks["coordinator"], bundle)
    before = checks.check(desks["coordinator"])
    again = handover.read(desks["coordinator"], bundle)

    assert (again.new, again.changes, again.known, again.adds_up()) == (0, 0, again.received, True)
    assert checks.check(desks["coordinator"]) == before


def test_after_the_round_trip_both_hold_the_same(desks: Desks, bundle: Path, carry: Carry) -> None:
    handover.read(desks["coordinator"], bundle)
    carry(desks["coordinator"], desks["interviewer"])

    ours, theirs = (checks.check(desks[role]).digests for role in ("interviewer", "coordinator"))
    assert ours == {drawer: theirs[drawer] for drawer in ours}
    assert len(ours) == 5


def test_whichever_way_the_sticks_go_all_end_equal(desks: Desks, bundle: Path, tmp_path: Path) -> None:
    sticks = {
        role: handover.write(desks[role], tmp_path / role).path for role in ("interviewer", "coordinator", "sg_lead")
    }
    for role, order in zip(sticks, permutations(sticks.values()), strict=False):
        for stick in order:
            handover.read(desks[role], stick)

    for drawer in ("study", "notices"):
        assert len({checks.check(desks[role]).digests[drawer] for role in sticks}) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_byte_that_rotted_is_noticed_and_never_believed(desks: Desks, bundle: Path, place: float, flip: int) -> None:
    content = bytearray(bundle.read_bytes())
    content[int(place * len(content))] ^= flip
    rotten = bundle.with_name("rotten")
    rotten.write_bytes(content)
    with suppress(NotThisFile, NewerBundle):
        report = handover.read(desks["coordinator"], rotten)
        assert report.adds_up()
        assert report.torn or report.damaged or report.gaps
    assert checks.check(desks["coordinator"]).ok


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.floats(0.05, 0.99))
def test_of_a_torn_bundle_what_is_intact_counts(desks: Desks, bundle: Path, length: float) -> None:
    torn = bundle.with_name("torn")
    torn.write_bytes(bundle.read_bytes()[: int(length * bundle.stat().st_size)])

    report = handover.read(desks["coordinator"], torn)
    assert (report.torn, report.adds_up()) == (True, True)
    assert checks.check(desks["coordinator"]).ok


def test_the_whole_bundle_mends_what_a_torn_one_began(desks: Desks, bundle: Path, carry: Carry) -> None:
    torn = bundle.with_name("torn")
    torn.write_bytes(bundle.read_bytes()[: bundle.stat().st_size // 2])
    handover.read(desks["coordinator"], torn)
    handover.read(desks["coordinator"], bundle)
    carry(desks["coordinator"], desks["interviewer"])  # the orders that came after the laptop had joined

    ours, theirs = (checks.check(desks[role]).digests for role in ("interviewer", "coordinator"))
    assert ours["research/A"] == theirs["research/A"]


def test_nothing_readable_is_in_the_file(bundle: Path) -> None:
    content = bundle.read_bytes()

    assert not any(word.encode() in content for word in ("小满", "刘某", "下雨放学", "ZK-A03"))


def test_what_has_not_left_this_laptop_is_told(desks: Desks, interview: str, tmp_path: Path) -> None:
    before = handover.state(desks["interviewer"])
    assert (before.interviews, before.carried, before.last_written) == (1, 0, None)
    assert before.unsealed > 0
    handover.write(desks["interviewer"], tmp_path / "x")

    after = handover.state(desks["interviewer"])
    assert (after.unsealed, after.interviews, after.carried) == (0, 1, 1)
    assert after.last_written is not None


def test_every_batch_is_listed_with_its_numbers(desks: Desks, bundle: Path, later: Callable[[Desk, int], Desk]) -> None:
    first = handover.read(desks["coordinator"], bundle)
    second = handover.read(later(desks["coordinator"], 1), bundle, "张老师的优盘")

    assert [(line.source, line.report) for line in handover.batches(desks["coordinator"])] == [
        ("张老师的优盘", second),
        ("stick.fieldkit", first),
    ]


def test_a_receipt_that_no_coordinators_computer_signed_gives_no_tick(
    desks: Desks, bundle: Path, tmp_path: Path
) -> None:
    me = desks["interviewer"].device
    facts = {"format": 1, "study": me.study, "hub": me.pair.public["verify"], "number": 9, "orders": ""}
    with desks["interviewer"].db.reading() as tables:
        streams = {stream: [list(end) for end in ends] for stream, ends in holdings.ends(tables).items()}
    forged = encode(receipts.sign({**facts, "streams": streams}, me.pair.signer))
    with (tmp_path / "forged").open("wb") as file:
        write_frames(Writer(file), me.study, [], [], [], [forged])

    report = handover.read(desks["interviewer"], tmp_path / "forged")
    assert (report.damaged, handover.state(desks["interviewer"]).verified) == (1, 0)


def test_the_third_tick_comes_back_with_the_coordinators_stick(desks: Desks, bundle: Path, carry: Carry) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.read(chief, bundle)
    assert (handover.state(me).carried, handover.state(me).verified) == (1, 0)
    assert handover.state(chief).verified == 1
    report = carry(chief, me)
    assert (report.damaged, report.newer, handover.state(me).verified) == (0, 0, 1)
    assert checks.check(me).ok


def test_of_one_signer_the_newest_receipt_counts_whatever_the_order_of_the_sticks(
    desks: Desks, bundle: Path, interview: str, tmp_path: Path
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    older = handover.write(chief, tmp_path / "older").path
    handover.read(chief, bundle)
    newer = handover.write(chief, tmp_path / "newer").path
    for stick in (newer, older):
        handover.read(me, stick)
    assert handover.state(me).verified == 1


def test_what_came_after_the_receipt_has_no_tick(desks: Desks, bundle: Path, interview: str, carry: Carry) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.read(chief, bundle)
    carry(chief, me)
    answers.save(me, SaveAnswer(interview, "W1", "editor-2", "", "还有一句"))
    assert (handover.state(me).carried, handover.state(me).verified) == (0, 0)
    carry(me, chief)
    assert (handover.state(me).carried, handover.state(me).verified) == (1, 0)
    carry(chief, me)
    assert (handover.state(me).carried, handover.state(me).verified) == (1, 1)


def test_the_receipt_of_a_coordinators_computer_that_was_taken_out_counts_no_more(
    desks: Desks, bundle: Path, carry: Carry, joins: Callable[[str, str, str], Desk]
) -> None:
    me, chief, second = desks["interviewer"], desks["coordinator"], joins("孙宁", "coordinator", "A")
    carry(chief, me)  # who the second coordinator is
    handover.read(second, bundle)
    carry(second, me)
    assert handover.state(me).verified == 1

    revocations.revoke(chief, second.device.id, "lost")
    assert carry(chief, me).damaged == 0
    assert handover.state(me).verified == 0
    assert carry(second, me).damaged == 0
    assert handover.state(me).verified == 0


def test_a_folder_gets_a_file_whose_name_tells_nothing(tmp_path: Path) -> None:
    path = handover.named(tmp_path)

    assert (path.parent, path.suffix, handover.named(tmp_path / "x")) == (tmp_path, ".fieldkit", tmp_path / "x")
    assert path != handover.named(tmp_path)


def test_what_the_list_is_as_of_is_when_a_bundle_was_last_read(desks: Desks, carry: Carry) -> None:
    before = handover.state(desks["coordinator"]).as_of
    carry(desks["interviewer"], desks["coordinator"])

    newest = handover.batches(desks["coordinator"])[0].at
    assert handover.state(desks["coordinator"]).as_of == newest != before


def test_while_a_discard_cannot_be_done_nothing_is_handed_over(
    refused: Refused, desks: Desks, interview: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = desks["interviewer"]
    stops.begin(me, interview, "stop_discard")

    def full(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(withdrawals, "by_child", full)
    refused(ChoiceWaits, "interviewer", lambda desk: handover.write(desk, tmp_path / "stick"))
    assert not (tmp_path / "stick").exists()
    assert handover.state(me).unsealed > 0


def test_what_waits_to_be_discarded_is_discarded_before_a_bundle_is_written(
    desks: Desks, interview: str, tmp_path: Path, words: Callable[[Desk], str]
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    answers.save(me, SaveAnswer(interview, "W1", "editor-1", "", "这次的都不要"))
    stops.begin(me, interview, "stop_discard")

    handover.read(chief, handover.write(me, tmp_path / "stick").path)

    assert stops.waiting(me, interview) is None
    assert "这次的都不要" not in words(chief)
