"""A file that somebody lays onto an interview: a recording or a picture (`domain.md` V39).

Nothing is kept of one in this version; what may not be attached at all is told first.
"""

from __future__ import annotations

from typing import NoReturn

from fieldkit.acts import interviews
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import consent
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import standing

ITEMS = {"audio": "audio", "image": "photo_object"}  # the part of a media type before the slash; nobody films a child


class ItemNotInForce(Refusal):
    """V39: guardian and child have not both agreed to the item that this attachment needs, or there is none."""

    code = "V39"
    message = N_(
        "Not taken: a guardian and the child have not both agreed to this kind of attachment. "
        "Delete the recording or picture from the device it is on."
    )


class NoAttachmentsYet(Refusal):
    """Agreed to, and still not kept: there is no store for it."""

    code = "no_attachments_yet"
    message = N_(
        "Not taken: this version keeps no recordings and no pictures. "
        "Leave it encrypted where it is, and ask the coordinator."
    )
    status = 501


@only(INTERVIEWER)
def refuse(desk: Desk, interview: str, media: str) -> NoReturn:
    """Say why a file of the type *media* ("audio/mp4") is not taken onto *interview*.

    Raises NotFound, ItemNotInForce (V39), NoAttachmentsYet.
    """
    with desk.db.reading() as tables:
        row = interviews.row_within(tables, interview)
        item = ITEMS.get(media.lower().partition("/")[0], "")
        if not item or not consent.effective(standing.binding(tables, row["subject"]), item, interview):
            raise ItemNotInForce
    raise NoAttachmentsYet
