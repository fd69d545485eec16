"""A no, a withdrawal or a stop that waits for its author holds the talk up also where somebody else sits down."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import NotFound, Refusal
from fieldkit.rules.halts import Halt, noes, written_since
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import halts as store
from fieldkit.store import standing
from fieldkit.store.database import Tables


def keep(desk: Desk, id_: str, subjects: Iterable[str]) -> None:
    """Keep that the form *id_*, which met the cover, is about *subjects* and can only protect them.

    What cannot be written, as on a full disk, is held up by nothing: the form waits all the same.
    """
    with suppress(Refusal), desk.db.writing() as tables:
        for subject in subjects:
            known = noes(standing.binding(tables, subject))
            store.keep(tables, Halt(id_, subject, desk.me.code, desk.today, noes=known))


def drop(desk: Desk, id_: str) -> None:
    """Forget that this person's form *id_* waits: it was carried out, or left out."""
    with suppress(Refusal), desk.db.writing() as tables:
        if all(one.author == desk.me.code for one in store.of_form(tables, id_)):
            store.drop(tables, id_)


def may_settle(desk: Desk, halt: Halt) -> bool:
    """Tell whether this person may say that a step is written down: its author, a coordinator, or who wrote it."""
    with desk.db.reading() as tables:
        return _may_settle(desk, tables, halt)


@only(INTERVIEWER, COORDINATOR)
def settle(desk: Desk, id_: str) -> None:
    """Take that the step *id_* is written down again, or was none; what is settled stays so.

    Its author says so where a restart has lost the form, and a coordinator. Somebody else can once a no or "let me
    think" of each child that it is about was written since. Raises NotFound.
    """
    with desk.db.writing() as tables:
        if not all(_may_settle(desk, tables, one) for one in store.of_form(tables, id_)):
            raise NotFound
        store.drop(tables, id_)


def _may_settle(desk: Desk, tables: Tables, halt: Halt) -> bool:
    settles = desk.me.role == COORDINATOR or halt.author == desk.me.code
    return settles or written_since(halt, standing.binding(tables, halt.subject))
