"""What happens beside the questions: somebody came in, a break, a child in distress; each with its minute.

`domain.md` §1.13 and §3.9. A moment holds codes only, never words.
"""

from __future__ import annotations

from fieldkit.acts import interviews
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.rules import elapsed as counters
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.moments import BREAK, RESUMED
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

_TURNS = {BREAK: counters.pause, RESUMED: counters.resume}


@only(INTERVIEWER)
def note(desk: Desk, interview: str, what: str, who: str = "", question: str = "", ago: float = 0.0) -> str:
    """Keep that *what* happened at this minute; return the moment's id. A break stops the counter until it is over.

    *who*: a code of `present`, where somebody came or left. *ago*: how many seconds ago it was tapped, out of this
    laptop's reach; a break stops the counter from when it is heard of. Raises NotFound, Invalid, ConsentMissing.
    """
    codes = load_study().codes
    if what not in codes["moment"] or who not in {"", *codes["present"]}:
        raise Invalid(field=N_("what happened"))
    with desk.db.writing() as tables:
        if question and people.row(tables, "questions", "code = ?", question) is None:
            raise NotFound
        row = interviews.row_within(tables, interview)
        if not ago:
            return write(desk, tables, row, what, who, question)
        interviews.hear(desk, tables, row, (ago,))
        return write(desk, tables, row, what, who, question, interviews.ran(desk, tables, row, ago))


def write(
    desk: Desk,
    tables: Tables,
    interview: people.Row,
    what: str,
    who: str = "",
    question: str = "",
    then: int | None = None,
) -> str:
    """Keep a moment in the caller's transaction, of now or of *then*, in milliseconds of the talk; return its id.

    Raises ConsentMissing.
    """
    grounds = interviews.grounds(desk, tables, interview)
    now = interviews.keep_duration(desk, tables, interview, _TURNS.get(what, counters.move))
    at = now if then is None else then
    facts = {"interview": interview["id"], "what": what, "who": who, "question": question, "t_elapsed": at}
    draft = Draft(
        "moment",
        facts,
        subject=interview["subject"],
        session=interview["id"],
        grounds=grounds,
        elapsed=at,
    )
    return log.append(tables, desk.pen, draft).id
