"""A no, a withdrawal or a stop that waits for its author holds the talk up also where somebody else sits down."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import NotFound, Refusal
from fieldkit.rules.halts import Halt
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import halts as store
from fieldkit.store.database import Tables


def keep(desk: Desk, id_: str, subjects: Iterable[str]) -> None:
    """Keep that the form *id_*, which met the cover, is about *subjects* and can only protect them.

    What cannot be written, as on a full disk, is held up by nothing: the form waits all the same.
    """
    with suppress(Refusal), desk.db.writing() as tables:
        for subject in subjects:
            store.keep(tables, Halt(id_, subject, desk.me.code, desk.today))


def drop(desk: Desk, id_: str) -> None:
    """Forget that this person's form *id_* waits: it was carried out, or left out."""
    with suppress(Refusal), desk.db.writing() as tables:
        if _is_mine(desk, tables, id_):
            store.drop(tables, id_)


@only(INTERVIEWER)
def settle(desk: Desk, id_: str) -> None:
    """Take from its author that the step *id_*, whose form a restart has lost, is done anew or was none.

    What is settled stays so. Raises NotFound for somebody else.
    """
    with desk.db.writing() as tables:
        if not _is_mine(desk, tables, id_):
            raise NotFound
        store.drop(tables, id_)


def _is_mine(desk: Desk, tables: Tables, id_: str) -> bool:
    return all(one.author == desk.me.code for one in store.of_form(tables, id_))
