"""The key under which a browser keeps, sealed, what was typed while this laptop was out of its reach.

Format 1; the other side of it is `static/js/queue.js`, its vectors are in the tests. Every interview has a random
secret of 32 bytes, a local fact of this machine. The key of one person is BLAKE2b-256 of their user code (UTF-8), keyed
with the secret, person `fieldkit queue 1`; it travels as hex with the interview's page, and no browser stores it.
A record is `{v: 1, iv, sealed, turn, day, days}` under a random id. `sealed` is AES-256-GCM under that key and the 12
bytes of `iv`, its associated data `fieldkit queue 1 <id>`, of the JSON (UTF-8) of `interview`, `question`, `editor`,
`base`, `text`, `text_kind`, `off` (a list of what the child took back and the laptop still has; older pages kept one
text, empty where there was none), `begun` (when its note was begun) and `moments` (when somebody was at its page; both
in milliseconds of the browser's running clock, of which the laptop had not heard), `had` and `had_turn` (which text the
laptop last said that it had, and of which turn; older pages kept neither) and `typed` (ISO 8601). A stop that
the laptop has not taken yet is such a record too, of `interview`, `stop` (`stop_keep` or `stop_discard`), `mark` (its
name), `knew` (what the page knew to be decided), `instead` (a list of marks: in the place of which stops it was
chosen), `at` (when, in milliseconds of that clock) and `typed`; beside `sealed` it has `stop: true`, so that the page
that stands in can say that one waits: neither whose nor which. That the child goes on after all is one of `interview`,
`undo` (a list of marks; an empty one: its page knew of no stop), `at` and `typed`, with `undo: true`. A note that
names words in `off` is kept with `off: true`. What stands in a long form and is not saved yet is one of `interview`,
`form` (`memo`, `observation` or `close`, as its page is called), `base`, `fields` (a list of pairs of name and value)
and `typed`, with `form: true`, its id being the random name of that form; its page offers it, and nothing sends it by
itself.
What was tapped beside the questions is one of `interview`, `taps` (in their order; of each `tap`, `q`, `mark` and `at`)
and `typed`, with `tap: true`.
`turn` counts the changes of the note on its page (none: 0); what is older than the number that the local storage of the
browser has under `fieldkit queue <id>` is on the laptop, or was taken back, and is deleted unread.
`day` and `days` count on how many days it was met and not opened.
"""

from __future__ import annotations

from hashlib import blake2b

from fieldkit.acts import interviews
from fieldkit.acts.desk import Desk, only
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import queues, standing


@only(INTERVIEWER)
def key(desk: Desk, interview: str) -> str:
    """Return this person's key for the queue of *interview* (hex), made on first need. Raises NotFound."""
    with desk.db.reading() as tables:
        interviews.row_within(tables, interview)
        secret = queues.secret(tables, interview)
    return derived(secret or _made(desk, interview), desk.me.code)


def came(desk: Desk, editor: str) -> int | None:
    """Return up to which turn the typing of *editor* came to this laptop: 0 where nothing did.

    None: something came and was taken back since, and how far it was is forgotten. A page to which an answer got lost
    asks, so that words that were taken back elsewhere do not come back with what was typed on it.
    """
    known = desk.folder.turns.get(editor)
    if known is not None:
        return known
    with desk.db.reading() as tables:
        return None if standing.is_erased(tables, editor, desk.device.id) else 0


def derived(secret: bytes, code: str) -> str:
    """Return the key of user *code* (hex)."""
    return blake2b(code.encode(), digest_size=32, key=secret, person=b"fieldkit queue 1").hexdigest()


def _made(desk: Desk, interview: str) -> bytes:
    with desk.db.writing() as tables:
        interviews.row_within(tables, interview)
        if queues.secret(tables, interview) is None:  # another page may have been quicker
            queues.make(tables, interview)
        return queues.secret(tables, interview) or b""
