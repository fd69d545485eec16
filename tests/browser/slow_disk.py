"""The real program, stopped at a named point of saving a note until it is killed.

Points: `before_commit`, `after_commit` (the answer is not sent yet); and a planted bug, `early_answer`: a build that
acknowledges before it commits.
"""

from __future__ import annotations

import sys
from threading import Event, local
from typing import Any

from fieldkit.acts import answers
from fieldkit.acts.answers import SaveAnswer, Saved
from fieldkit.acts.desk import Desk
from fieldkit.cli import main
from fieldkit.store.database import Database

POINT = sys.argv.pop(1)
_here = local()
_commit = Database._commit
_save = answers.save


def hold() -> None:
    print("held", flush=True)
    Event().wait()


def commit(self: Database, connection: Any) -> None:
    saving = getattr(_here, "saving", False)
    if saving and POINT == "before_commit":
        hold()
    _commit(self, connection)
    if saving and POINT == "after_commit":
        hold()


def save(desk: Desk, said: SaveAnswer) -> Saved:
    if POINT == "early_answer":
        return Saved("nowhere", said.base, desk.clock.now(), said.editor)
    _here.saving = True
    try:
        return _save(desk, said)
    finally:
        _here.saving = False


Database._commit = commit  # type: ignore[method-assign]
answers.save = save
sys.exit(main())
