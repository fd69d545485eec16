"""The child stops: keep what was said, or discard this session. Ten seconds to undo, then it is done.

The choice is on the disk at once, so that neither a power cut nor a closed page forgets it; what it asks for is done by
the page after ten seconds, or else as soon as this laptop is used again (`domain.md` §3.6, story 7 of §7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import ceil

from fieldkit.acts import endings, interviews, wishes
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import DiskFull, Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules.closings import STOPPED
from fieldkit.rules.consent import STOP_DISCARD, STOP_KEEP
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import erasures, log, people, stops
from fieldkit.store import wishes as kept_wishes
from fieldkit.store.database import Tables
from fieldkit.store.stops import Stop
from fieldkit.store.wishes import Wish

UNDO = 10.0  # seconds
_GOES_ON = "goes_on"


class ChoiceNotKept(Refusal):
    """The disk was full before the choice was tapped: until it can be written only the open program knows of it."""

    code = "choice_not_kept"
    message = N_(
        "What the child chose is neither done nor written down yet: this laptop's disk is full. Free some space, then "
        "tap it once more. It stays marked, and fieldkit tries by itself as long as it is not closed. "
        "If the laptop goes off, open the interview again first, in this browser: if the choice does not come up by "
        "itself, ask the child again. "
        "Until it is done hand nothing over, write no backup and show nobody this interview."
    )
    status = 507


class TakenBack(Refusal):
    """A choice that was held up on its way comes after the word that the child goes on."""

    code = "taken_back"
    message = N_("Nothing was done: the child wanted to go on, and that came first.")
    status = 409


class DecidedSince(Refusal):
    """A choice that was held up comes after something else was decided here of which its page knew nothing."""

    code = "decided_since"
    message = N_(
        "The stop that was chosen was not carried out: since then the interview was ended, stopped or gone on with on "
        "the laptop. It waits there: look at it, ask the child again if you can, and decide."
    )
    status = 409


class AlreadyStopped(Refusal):
    """A choice that was held up asks for what is done already: its page only heard no answer."""

    code = "already_stopped"
    message = N_("This interview was stopped already; what was said stays, as the child chose. Nothing is left to do.")
    status = 409


class TooLate(Refusal):
    """That the child goes on was heard only after what was said was kept and the interview ended."""

    code = "too_late"
    message = N_(
        "Too late: the ten seconds were over before the laptop heard that the child goes on. The interview has ended; "
        "what was saved before is kept."
    )
    status = 409


class ChoiceWaits(Refusal):
    """The ten seconds are over, and what was chosen could not be carried out yet."""

    code = "choice_waits"
    message = N_(
        "What the child chose is not done yet: this laptop could not write, most often because its disk is full. "
        "Free some space and tap “Do it now” on the stop page; if something else stands against it, it says so there. "
        "Until it is done hand nothing over, write no backup and show nobody this interview."
    )
    status = 507


@dataclass(frozen=True)
class Waiting:
    """A stop that is not done yet: its mark, what becomes of the session, and for how many seconds it can be undone.

    None are left of one that is due and could not be carried out; not `kept`: the disk could not take it.
    """

    mark: str
    choice: str
    left: int
    kept: bool = True


@dataclass(frozen=True)
class Standing:
    """What was decided so far (empty: nothing; never the same twice), and the stop that counts down, or None.

    `asks`: something that came too late waits for a person. `erased`: grows whenever words were erased here.
    """

    decided: str
    waiting: Waiting | None
    asks: bool
    erased: int


@only(INTERVIEWER)
def begin(
    desk: Desk,
    interview: str,
    choice: str,
    mark: str = "",
    knew: str | None = None,
    instead: Collection[str] = (),
    ago: float = 0.0,
) -> Waiting:
    """Keep what was chosen with the child, `stop_keep` or `stop_discard`; return what waits from now on.

    *mark*: by which name the page that asks can take it back, though it should hear no answer. *knew*: what had been
    decided, as far as that page knew when it was chosen. *instead*: the marks of the stops that it was chosen in the
    place of; of any other one that waits the stricter holds, in whatever order two pages bring theirs.

    Once the ten seconds are over only the stricter choice takes the place of the other. What a full disk cannot take
    waits in memory. *ago*: how many seconds ago it was chosen; where something was decided since, a person decides
    (`acts/wishes.py`). Raises NotFound, Invalid, TakenBack, DecidedSince, AlreadyStopped, ChoiceWaits, ChoiceNotKept.
    """
    if mark and mark in desk.folder.undone:
        raise TakenBack
    if choice not in {STOP_KEEP, STOP_DISCARD}:
        raise Invalid(field=N_("what becomes of the interview"))
    try:
        with desk.db.writing() as tables:
            _check_knew(desk, tables, interview, choice, mark, knew)
            made = _made(desk, tables, interview, choice, mark, instead)
            if made != stops.of(tables, interview):
                _keep(desk, tables, interview, made)
    except DecidedSince:
        with desk.db.writing() as tables:
            subject = _subject(desk, tables, interview)
            wishes.keep(desk, tables, Wish(mark, interview, subject, choice, ""), ago)
        raise
    except DiskFull as error:
        with desk.db.reading() as tables:
            desk.folder.unkept[interview] = _made(desk, tables, interview, choice, mark, instead)
        raise ChoiceNotKept from error
    desk.folder.unkept.pop(interview, None)
    return Waiting(made.mark, made.choice, ceil(_left(desk, made)))


def _check_knew(desk: Desk, tables: Tables, interview: str, choice: str, mark: str, knew: str | None) -> None:
    """Raise DecidedSince where something else was decided than the page knew; the order counts, never a clock.

    What was decided of this very choice is no news, nor is a stop that kept what this one would keep: AlreadyStopped.
    """
    _subject(desk, tables, interview)
    last = stops.decided(tables, interview)
    if mark and last == stops.decision(_GOES_ON, mark):
        raise TakenBack
    if knew in {None, _decided(tables, interview)}:
        return
    kept = interviews.ended(tables, interview) == STOPPED
    raise AlreadyStopped if kept and choice == STOP_KEEP else DecidedSince


def _decided(tables: Tables, interview: str) -> str:
    return f"{stops.decided(tables, interview)} {interviews.ended(tables, interview)}".strip()


def _keep(desk: Desk, tables: Tables, interview: str, made: Stop) -> None:
    row = people.row(tables, "interviews", "id = ?", interview)
    if row is not None:
        interviews.keep_duration(desk, tables, row)
    stops.keep(tables, interview, made)


def _made(desk: Desk, tables: Tables, interview: str, choice: str, mark: str, instead: Collection[str]) -> Stop:
    """Return the stop that was tapped now, or the stricter one that waits and was not taken back with it.

    Raises NotFound, ChoiceWaits where it cannot take the place of another.
    """
    before, subject = _of(desk, tables, interview), _subject(desk, tables, interview)
    is_due = before is not None and _is_over(desk, before)
    if before is not None and is_due and (before.choice, choice) != (STOP_KEEP, STOP_DISCARD):
        raise ChoiceWaits
    if before is not None and _holds_against(before, choice, instead):
        return before
    if before is not None and not mark and before.choice == choice and before.mark in instead:
        mark = before.mark  # tapped once more where it stands marked
    desk.folder.undone.update({*instead} - {mark})
    stays = before is not None and (before.stays or is_due)
    return Stop(mark or new_id(), choice, subject, desk.me.code, desk.clock.run, desk.clock.awake(), stays)


def _holds_against(before: Stop, choice: str, instead: Collection[str]) -> bool:
    """Tell whether what waits is stricter than *choice*, which was not made in its place."""
    return (before.choice, choice) == (STOP_DISCARD, STOP_KEEP) and before.mark not in instead


def _of(desk: Desk, tables: Tables, interview: str) -> Stop | None:
    """Return the last choice for *interview*, whether the disk could take it or not."""
    return desk.folder.unkept.get(interview) or stops.of(tables, interview)


def _every(desk: Desk, tables: Tables) -> dict[str, Stop]:
    return {**dict(stops.every(tables)), **desk.folder.unkept}


def _settled(desk: Desk, done: Mapping[str, Stop]) -> None:
    """What is on the disk now, done or kept, waits in memory no more, unless something else was chosen meanwhile."""
    for interview, one in done.items():
        if desk.folder.unkept.get(interview) is one:
            del desk.folder.unkept[interview]


@only(INTERVIEWER)
def whose(desk: Desk, interview: str) -> str:
    """Return whose interview it is, also where its page says nothing any more. Raises NotFound."""
    with desk.db.reading() as tables:
        return _subject(desk, tables, interview)


def _subject(desk: Desk, tables: Tables, interview: str) -> str:
    """Stopping asks for nobody's consent: what a guardian's withdrawal hides meanwhile is stopped all the same."""
    session = log.of_session(tables, interview, desk.device.id)
    mine = next((one.subject for one in session if one.kind == "interview" and one.subject), None)
    return mine or str(interviews.row_within(tables, interview)["subject"])


@only(INTERVIEWER)
def waiting(desk: Desk, interview: str) -> Waiting | None:
    """Return the stop of *interview* that is not done yet, or None."""
    with desk.db.reading() as tables:
        return _waiting(desk, tables, interview)


def _waiting(desk: Desk, tables: Tables, interview: str) -> Waiting | None:
    found, kept = _of(desk, tables, interview), interview not in desk.folder.unkept
    return None if found is None else Waiting(found.mark, found.choice, ceil(_left(desk, found)), kept)


@only(INTERVIEWER)
def standing(desk: Desk, interview: str) -> Standing:
    """Return how *interview* stands, for the pages that are open on it. Raises NotFound, TalkDeleted.

    Each of them asks every two seconds: the log is read only where the interview is held back.
    """
    with desk.db.reading() as tables:
        if people.row(tables, "interviews", "id = ?", interview) is None:
            _subject(desk, tables, interview)
        found = _waiting(desk, tables, interview)
        now = found if found and found.left else None
        asks, erased = bool(kept_wishes.waiting(tables, interview)), erasures.editors_closed(tables)
        return Standing(_decided(tables, interview), now, asks, erased)


def counts_down(desk: Desk, interview: str) -> bool:
    """Tell whether the child chose to stop *interview* and the ten seconds run."""
    found = waiting(desk, interview)
    return found is not None and found.kept and found.left > 0


def overdue(desk: Desk) -> dict[str, str]:
    """Return each interview whose stop waits for room: its ten seconds are over, or the disk could not take it."""
    with desk.db.reading() as tables:
        every = _every(desk, tables)
    return {id_: one.subject for id_, one in every.items() if id_ in desk.folder.unkept or _is_over(desk, one)}


def check_undecided(desk: Desk, tables: Tables, interview: str) -> None:
    """Raise ChoiceWaits where what was chosen for *interview* waits for room: nothing takes its place any more."""
    found = _of(desk, tables, interview)
    if found is not None and (interview in desk.folder.unkept or _is_over(desk, found)):
        raise ChoiceWaits


@only(INTERVIEWER)
def undo(desk: Desk, interview: str, mark: str) -> bool:
    """Take back what was chosen under *mark*; return False where that does not wait: it is over, or was never heard.

    Where it took the place of a choice whose ten seconds were over, that one waits again. Raises ChoiceWaits.
    """
    with desk.db.writing() as tables:
        found = _of(desk, tables, interview)
        desk.folder.undone.add(mark)
        if found is None or found.mark != mark:
            return False
        if _is_over(desk, found):
            raise ChoiceWaits
        if interview not in desk.folder.unkept:
            stops.drop(tables, interview)
            stops.decide(tables, interview, _GOES_ON, mark)
            if found.stays:
                stops.keep(tables, interview, replace(found, mark=new_id(), choice=STOP_KEEP, run="", stays=False))
    if desk.folder.unkept.pop(interview, None) is not None:  # the one on the disk, if any, is the one before it
        _decide_if_there_is_room(desk, interview, mark)
    return True


def _decide_if_there_is_room(desk: Desk, interview: str, mark: str) -> None:
    """What the disk could not take may wait in a browser too: it finds that it was taken back, also after a restart."""
    with suppress(DiskFull), desk.db.writing() as tables:
        stops.decide(tables, interview, _GOES_ON, mark)


@only(INTERVIEWER)
def go_on(desk: Desk, interview: str, mark: str) -> None:
    """Take back what was chosen under *mark*, whether it was heard or not, for a page that waits for the answer.

    Raises TooLate, TalkDeleted, NotFound, ChoiceWaits where the interview does not go on.
    """
    undone = undo(desk, interview, mark)
    with desk.db.reading() as tables:
        _subject(desk, tables, interview)
        if not undone and interviews.ended(tables, interview):
            raise TooLate


@only(INTERVIEWER)
def go_on_unasked(desk: Desk, interview: str, ago: float = 0.0) -> None:
    """The child goes on, so many seconds *ago*, on a page that knew of no stop: one that was tapped before is undone.

    inf: none is. It is a decision: an older stop that comes later waits for a person. Raises TalkDeleted, NotFound.
    """
    with desk.db.writing() as tables:
        _subject(desk, tables, interview)
        found = _of(desk, tables, interview)
        if found is None and not interviews.ended(tables, interview):
            stops.decide(tables, interview, _GOES_ON, new_id())
    if found is not None and not _is_over(desk, found) and found.second <= desk.clock.awake() - ago:
        undo(desk, interview, found.mark)


@only(INTERVIEWER)
def finish(desk: Desk, interview: str, mark: str) -> None:
    """Do now what was chosen under *mark*.

    Raises NotFound where that does not wait any more, ChoiceWaits on a full disk, StoreBusy, WallBroken.
    """
    with _or_waits(), desk.db.writing() as tables:
        found = _of(desk, tables, interview)
        if found is None or found.mark != mark:
            raise NotFound
        endings.carry_out(desk, tables, interview, found)
    _settled(desk, {interview: found})


def finish_due(desk: Desk, *, all_of_them: bool = False) -> int:
    """Do what was chosen more than ten seconds ago, or before the program started; return how many stops that were.

    What a full disk could not take and is not due yet is written down.

    *all_of_them*: the laptop is being locked, or what it holds is about to leave it; nobody can undo any more. Whoever
    is signed in, it is done for the person who tapped it. Raises ChoiceWaits on a full disk, StoreBusy, WallBroken.
    """
    with desk.db.reading() as tables:
        if not _every(desk, tables):
            return 0
    with _or_waits(), desk.db.writing() as tables:
        every = _every(desk, tables)
        due = [interview for interview, one in every.items() if all_of_them or _is_over(desk, one)]
        for interview, found in every.items():
            if interview in due:
                endings.carry_out(desk, tables, interview, found)
            elif interview in desk.folder.unkept:
                stops.keep(tables, interview, found)
    _settled(desk, every)
    return len(due)


@contextmanager
def _or_waits() -> Iterator[None]:
    """Say of a full disk what it means here: what the child chose is not done."""
    try:
        yield
    except DiskFull as error:
        raise ChoiceWaits from error


def _is_over(desk: Desk, one: Stop) -> bool:
    return _left(desk, one) <= 0


def _left(desk: Desk, one: Stop) -> float:
    passed = desk.clock.awake() - one.second
    return max(0.0, UNDO - passed) if one.run == desk.clock.run and passed >= 0 else 0.0
