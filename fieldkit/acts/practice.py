"""Practice: a study of invented people in a temporary folder, under keys of its own; nothing of it stays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree

from fieldkit.acts import demo
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import Clock
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import people
from fieldkit.store.folder import Folder


class InterviewGoesOn(Refusal):
    """A child sits there: whoever practises has no page at hand on which that child can stop."""

    code = "interview_goes_on"
    message = N_(
        "Not begun: an interview of today has not ended, and while you practise the child could not stop it. "
        "Nothing was changed. End that interview first."
    )


@only(INTERVIEWER)
def begin(desk: Desk) -> tuple[Desk, Callable[[], None]]:
    """Return a desk among invented people, and what ends it: their folder is deleted then. Raises InterviewGoesOn."""
    with desk.db.reading() as tables:
        if people.goes_on(tables, desk.me.code, desk.today):
            raise InterviewGoesOn
    clock = Clock(desk.clock.ahead + desk.clock.stated)  # a laptop whose date is wrong practises on the right day
    with ExitStack() as kept:
        scratch = tempfile.TemporaryDirectory(prefix=_prefix(desk.folder), ignore_cleanup_errors=True)
        desks = demo.build(Path(kept.enter_context(scratch)), clock, (COORDINATOR, INTERVIEWER))
        kept.callback(demo.close, [desks[INTERVIEWER]])
        demo.close([desks[COORDINATOR]])
        return desks[INTERVIEWER], kept.pop_all().close


def sweep(folder: Folder) -> None:
    """Delete what a crash left of practices begun at *folder*: whoever holds its lock has none running."""
    for left in Path(tempfile.gettempdir()).glob(f"{_prefix(folder)}*"):
        rmtree(left, ignore_errors=True)


def _prefix(folder: Folder) -> str:
    """Return how the temporary folders of *folder*'s practices begin; the name says nothing about it."""
    return f"fieldkit-practice-{blake2b(os.fsencode(folder.path.resolve()), digest_size=8).hexdigest()}-"
