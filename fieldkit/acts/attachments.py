"""Files that somebody lays onto an interview: recordings, and pictures of objects (`domain.md` §1.19, V39).

They are encrypted while they come in, before anything of them touches the disk, and in use only as long as a guardian
and the child agree to such a thing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from fieldkit.acts import interviews, situations
from fieldkit.acts.cases import row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import DiskFull, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import ATTACHED, item_of
from fieldkit.rules import attachments as rules
from fieldkit.rules import consent, pictures
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import attachments, keys, log, people, replica, setup, standing
from fieldkit.store.aliases import alias_of
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.store.people import Row
from sync import chunk
from sync.chunk import Chunk, Owner, Source
from sync.replica import Report

AT_ONCE = 16  # chunks that are held in memory and kept in one transaction: 4 MiB
NO_ROOM = {27, 28}  # EFBIG, ENOSPC


class ItemNotInForce(Refusal):
    """V39: guardian and child have not both agreed to the item that this attachment needs, or there is none."""

    code = "V39"
    message = N_(
        "Not taken: a guardian and the child have not both agreed to this kind of attachment. "
        "Delete the recording or picture from the device it is on."
    )


class TooYoung(Refusal):
    """The study records nobody under 14, whatever the family says ("Getting ready", `domain.md` §8.4)."""

    code = "too_young_to_record"
    message = N_(
        "Not taken: this study decided that children under 14 are not recorded. "
        "Delete the recording from the device it is on, and type notes instead."
    )


class TooLarge(Refusal):
    """More bytes than one attachment may have."""

    code = "attachment_too_large"
    message = N_(
        "Not taken: the file is larger than {mb} MB. Nothing of it was kept. "
        "Cut the recording into parts, or save it in a compressed form such as M4A, and attach it again."
    )
    status = 413


class NotThisPicture(Refusal):
    """Of another kind of picture nobody here can say what it tells of itself."""

    code = "picture_kind"
    message = N_(
        "Not taken: only JPEG and PNG pictures are, because from these the place and time that the camera wrote into "
        "them can be removed. Nothing of it was kept. Save it as JPEG and attach it again."
    )
    status = 422


class CutOff(Refusal):
    """Fewer bytes came than were announced, or none."""

    code = "attachment_cut_off"
    message = N_("Not taken: the file did not arrive whole. Nothing of it was kept. Attach it again.")
    status = 422


class NotWhole(Refusal):
    """Parts of it are not on this laptop."""

    code = "attachment_not_whole"
    message = N_(
        "This recording or picture is not whole on this laptop. Nothing is lost: its other parts lie on the laptop "
        "that made it or at the hub. Exchange with the hub, or read in every file of a bundle."
    )


class TakenBack(Refusal):
    """Its item is not permitted any more."""

    code = "attachment_taken_back"
    message = N_(
        "Not shown: the family or the child took back their yes to this kind of attachment. "
        "Whoever attached it deletes it for good on the interview's page, or a coordinator under “To be deleted”."
    )


class AttachedElsewhere(Refusal):
    """A device erases what it wrote itself."""

    code = "attached_elsewhere"
    message = N_(
        "Not deleted: this was attached on another laptop. Open the interview there and delete it; that travels on to "
        "every machine. If the family took it back, a coordinator deletes it under “To be deleted”."
    )


@dataclass(frozen=True)
class Attached:
    """One attachment: its medium, how many bytes, whether all of it is here, may be used, and was made here."""

    id: str
    media: str
    bytes: int
    whole: bool
    usable: bool
    mine: bool


@dataclass(frozen=True)
class Opened:
    """What an attachment holds, part by part: at most 256 KiB are in memory at once."""

    media: str
    size: int
    parts: Iterator[bytes]


@only(INTERVIEWER)
def check(desk: Desk, interview: str, media: str, size: int) -> None:
    """Say before it is sent whether a file of *size* bytes may be attached.

    Raises NotFound, ItemNotInForce (V39), TooYoung, NotThisPicture, TooLarge, CutOff (for an empty one).
    """
    with desk.db.reading() as tables:
        _permitted(desk, tables, interview, media)
    if _is_picture(media) and rules.plain(media) not in pictures.KINDS:
        raise NotThisPicture
    _check_size(size)


@only(INTERVIEWER)
def add(desk: Desk, interview: str, media: str, size: int, source: Source) -> str:
    """Keep the *size* bytes that *source* still holds; return the attachment's id. All of it is kept, or nothing.

    Of a picture all is kept that it shows, and nothing that it says of itself (`rules/pictures.py`).
    Raises what `check` raises, CutOff for another number of bytes, DiskFull, StoreBusy, WallBroken.
    """
    check(desk, interview, media, size)
    with desk.db.reading() as tables:
        row = _permitted(desk, tables, interview, media)
        owner = _owner(desk, tables, row)
    key = chunk.new_key()
    try:
        with desk.folder.scratch() as scratch:
            flow = _Flow(_kept_of(media, _Counted(source, size)))
            staged = [_staged(scratch, one) for one in chunk.cut(flow, owner, key, desk.device.pair.signer)]
            with ExitStack() as otherwise:
                otherwise.callback(_sweep, desk)
                _keep(desk, interview, media, owner, key, flow.length, staged)
                otherwise.pop_all()
    except pictures.NoPicture as error:
        raise NotThisPicture from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull from error
        raise
    return owner.attachment


def _sweep(desk: Desk) -> None:
    """Let files that no row came to list be gone at once: where the disk is full, each try would fill it more."""
    with suppress(Refusal), desk.db.writing():
        desk.db.leave_no_trace()


def _is_picture(media: str) -> bool:
    return item_of(rules.plain(media)) == ATTACHED["image"]


def _kept_of(media: str, source: Source) -> Iterator[bytes]:
    if _is_picture(media):
        return pictures.stripped(rules.plain(media), source.read)
    return iter(partial(source.read, chunk.SIZE), b"")


class _Counted:
    """A source that ends after *size* bytes; one that ends before raises CutOff."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int) -> bytes:
        some = self._source.read(min(size, self._left))
        if self._left and not some:
            raise CutOff
        self._left -= len(some)
        return some


class _Flow:
    """A source of what comes in pieces, none of them empty; `length` bytes of it were read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.length = 0
        self._pieces = pieces
        self._held = b""

    def read(self, size: int) -> bytes:
        held = self._held or next(self._pieces, b"")
        some, self._held = held[:size], held[size:]
        self.length += len(some)
        return some


def _staged(scratch: Path, one: Chunk) -> tuple[Path, Chunk]:
    """Only the label is held on to."""
    return attachments.stage(scratch, one), Chunk(one.label_bytes, b"")


def _keep(
    desk: Desk, interview: str, media: str, owner: Owner, key: bytes, size: int, staged: list[tuple[Path, Chunk]]
) -> None:
    """Files first, then the rows that name them: a cut in between leaves nothing that counts."""
    with desk.db.writing() as tables:
        row = _permitted(desk, tables, interview, media)
        events = standing.events(tables, row["subject"])
        facts = {"interview": interview, "media": rules.plain(media), "bytes": size, "key": keys.b64(key)}
        draft = Draft(
            attachments.KIND,
            {**facts, "chunks": [one.name for _, one in staged]},
            record=owner.attachment,
            subject=row["subject"],
            session=interview,
            grounds=consent.grounds(events, interview, [item_of(rules.plain(media))]),
            elapsed=interviews.ran(desk, tables, row),
        )
        log.append(tables, desk.pen, draft)
        attachments.settle(tables, desk.folder.attachments, staged)


def _permitted(desk: Desk, tables: Tables, interview: str, media: str) -> Row:
    """Return the interview; raises NotFound, ItemNotInForce, TooYoung."""
    row = interviews.row_within(tables, interview)
    item = item_of(rules.plain(media))
    if not item or not situations.permits(desk, tables, row["subject"], item, interview):
        raise ItemNotInForce
    if not _old_enough(desk, tables, row["subject"], item):
        raise TooYoung
    return row


def _old_enough(desk: Desk, tables: Tables, subject: str, item: str) -> bool:
    """Tell whether the study lets *item* be kept of somebody of this age."""
    group = situations.age_group(desk, tables, row_within(tables, subject))
    return rules.may_record(item, setup.facts(tables).get(rules.UNDER_14, ""), group)


def _check_size(size: int) -> None:
    if size > rules.LARGEST:
        raise TooLarge(mb=rules.LARGEST // 1024**2)
    if size < 1:
        raise CutOff


def _owner(desk: Desk, tables: Tables, row: Row) -> Owner:
    drawer = f"research/{people.team(tables, row['subject'])}"
    alias = alias_of(tables, drawer, row["subject"])
    if alias is None:  # under no name it could never be erased
        raise NotFound
    return Owner(new_id(), desk.device.id, drawer, alias)


@only(INTERVIEWER)
def permitted(desk: Desk, interview: str) -> tuple[str, ...]:
    """Return which kinds of medium ("audio", "image") guardian and child agreed to in this session. Raises NotFound."""
    with desk.db.reading() as tables:
        subject = interviews.row_within(tables, interview)["subject"]
        said, grown = situations.said_for(desk, tables, subject)
        agreed = {
            kind: item for kind, item in ATTACHED.items() if consent.effective(said, item, interview, grown=grown)
        }
        return tuple(kind for kind, item in agreed.items() if _old_enough(desk, tables, subject, item))


@only(INTERVIEWER, COORDINATOR)
def listing(desk: Desk, interview: str) -> list[Attached]:
    """Return what is attached to an interview, in the order in which it came. Raises NotFound."""
    with desk.db.reading() as tables:
        row = interviews.row_within(tables, interview)
        said, grown = situations.said_for(desk, tables, row["subject"])
        found = people.looked_up(tables)("attachments", "interview", interview)
        written = {one["id"]: log.of_record(tables, one["id"])[0] for one in found}
        return [
            Attached(
                id=one["id"],
                media=one["media"],
                bytes=one["bytes"],
                whole=attachments.is_whole(tables, json.loads(one["chunks"])),
                usable=consent.usable(said, item_of(one["media"]), grown=grown),
                mine=written[one["id"]].device == desk.device.id,
            )
            for one in sorted(found, key=lambda one: written[one["id"]].tick)
        ]


@only(INTERVIEWER, COORDINATOR)
def open_one(desk: Desk, interview: str, id_: str) -> Opened:
    """Return what one attachment holds, once every part of it was looked at. Raises NotFound, TakenBack, NotWhole."""
    folder = desk.folder.attachments
    with desk.db.reading() as tables:
        row = _row(tables, interview, id_)
        subject = interviews.row_within(tables, interview)["subject"]
        if not situations.may_use(desk, tables, subject, item_of(row["media"])):
            raise TakenBack
        names = json.loads(row["chunks"])
        broken = attachments.broken(tables, folder, names)
    if broken:
        with desk.db.writing() as tables:
            attachments.forget(tables, broken)  # so that they are asked for again
        raise NotWhole
    return Opened(row["media"], row["bytes"], attachments.opened(folder, id_, keys.unb64(row["key"]), names))


def _row(tables: Tables, interview: str, id_: str) -> Row:
    row = people.row(tables, "attachments", "id = ? AND interview = ?", id_, interview)
    if row is None:
        raise NotFound
    return row


@only(INTERVIEWER)
def erase(desk: Desk, interview: str, id_: str) -> None:
    """Let an attachment be gone for good, here and wherever its parts are: that needs nobody's consent.

    Raises NotFound, AttachedElsewhere.
    """
    with desk.db.writing() as tables:
        interviews.row_within(tables, interview)
        _row(tables, interview, id_)
        written = log.of_record(tables, id_)
        if any(one.device != desk.device.id for one in written):
            raise AttachedElsewhere
        replica.erase(tables, written)
        desk.db.leave_no_trace()


def take(desk: Desk, brought: Iterable[Chunk]) -> Counter[str]:
    """Keep chunks that arrive, a few at a time; return how many became what. What was kept before a cut stays.

    Raises OSError, DiskFull, StoreBusy.
    """
    became, coming = Counter[str](), iter(brought)
    while run := list(islice(coming, AT_ONCE)):
        with desk.folder.scratch() as scratch:
            became.update(_taken(desk, scratch, run))
    return became


def _taken(desk: Desk, scratch: Path, run: list[Chunk]) -> list[str]:
    with desk.db.reading() as tables:
        judged = [(one, attachments.judged(tables, one)) for one in run]
    staged = {one.name: _staged(scratch, one) for one, word in judged if word == attachments.NEW}
    with desk.db.writing() as tables:  # an order may have come meanwhile
        again = [attachments.judged(tables, one) if word == attachments.NEW else word for one, word in judged]
        fresh = {one.name for (one, _), word in zip(judged, again, strict=True) if word == attachments.NEW}
        attachments.settle(tables, desk.folder.attachments, [staged[name] for name in sorted(fresh)])
    return again


def told(report: Report, became: Mapping[str, int]) -> Report:
    """Return *report* with what became of the chunks that came along."""
    return replace(
        report,
        chunks_new=report.chunks_new + became.get(attachments.NEW, 0),
        chunks_known=report.chunks_known + became.get(attachments.KNOWN, 0),
        chunks_blocked=report.chunks_blocked + became.get(attachments.BLOCKED, 0),
        chunks_parked=report.chunks_parked + became.get(attachments.PARKED, 0),
        damaged=report.damaged + became.get(attachments.DAMAGED, 0),
    )
